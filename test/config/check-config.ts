import test from 'ava';
import { hashToken } from '../../src/config/token-hash.ts';
import { faultsOf } from '../helpers/config-faults.ts';

const hash = (digit: string): string => `sha256:${digit.repeat(64)}`;
const camera = 'cameras: { door: { source: "test:testsrc2" } }\n';
const open = (host: string): string =>
  `expected 127.0.0.1, ::1 or localhost while server.users is empty but got "${host}"; \`chromafeed token\` makes a user`;

for (const host of [
  '0.0.0.0',
  '::',
  '192.0.2.1',
  'cameras.example',
  '128.0.0.1',
  '127.0.0.1.example',
  '::2',
]) {
  test(`a server without users may not listen on ${host}`, (t) => {
    t.deepEqual(faultsOf(`server:\n  host: "${host}"\nrtsp:\n  host: "${host}"\n${camera}`), [
      `2:9: server.host: ${open(host)}`,
      `4:9: rtsp.host: ${open(host)}`,
    ]);
  });
  test(`a server with users may listen on ${host}`, (t) => {
    const users = `users: [{ name: anna, tokenHash: "${hash('a')}" }]`;
    t.deepEqual(faultsOf(`server:\n  host: "${host}"\n  ${users}\nrtsp:\n  host: "${host}"\n${camera}`), []);
  });
}

for (const host of [
  '127.0.0.1',
  '127.8.9.10',
  '::1',
  '[::1]',
  '0:0:0:0:0:0:0:1',
  '::ffff:127.0.0.1',
  'LOCALHOST',
]) {
  test(`${host} is the loopback and needs no users`, (t) => {
    t.deepEqual(faultsOf(`server:\n  host: "${host}"\n${camera}`), []);
  });
}

test('users have different names and tokens, and see only cameras that exist', (t) => {
  const text = `server:
  users:
    - { name: anna, tokenHash: "${hash('a')}", cameras: [door, "*"] }
    - { name: bert, tokenHash: "${hash('b')}", cameras: [dor, garden] }
    - { name: anna, tokenHash: "${hash('b')}" }
    - { name: "a b", tokenHash: "${hash('B')}", cameras: [] }
${camera}`;
  t.deepEqual(faultsOf(text), [
    `4:117: server.users[1].cameras[0]: expected the id of a camera or "*" but got "dor"; did you mean "door"?`,
    `4:122: server.users[1].cameras[1]: expected the id of a camera or "*" but got "garden"`,
    '5:15: server.users[2].name: expected a unique name but got the name of server.users[0]',
    '5:32: server.users[2].tokenHash: expected a unique token but got the token of server.users[1]',
    '6:15: server.users[3].name: expected 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-" but got "a b"',
    '6:33: server.users[3].tokenHash: expected sha256:HEX as `chromafeed token` prints it but got other text',
    `6:117: server.users[3].cameras: expected at least 1 entry but got 0`,
  ]);
});

test('republishing a camera needs the section rtsp, even an empty one', (t) => {
  const text = 'cameras:\n  door:\n    source: test:testsrc2\n    rtsp: true\n';
  t.deepEqual(faultsOf(text), ['4:11: cameras.door.rtsp: needs the section "rtsp", which is missing']);
  t.deepEqual(faultsOf(`${text}rtsp: {}\n`), []);
});

const kinds = 'rtsp:, rtsps:, http:, https:, file:, device:, test:';
const sources: readonly (readonly [string, string | undefined])[] = [
  ['rtsp://h', undefined],
  ['rtsps://user:p@h:322/x?y=z', undefined],
  ['http://h/mjpg', undefined],
  ['https://[::1]:8443/a.m3u8', undefined],
  ['file:a.mp4', undefined],
  ['file:///a.mp4', undefined],
  ['device:/dev/video0', undefined],
  ['device:video=Integrated Camera', undefined],
  ['test:testsrc2=size=320x240:rate=15', undefined],
  ['rtsp://admin:12345@h:554/live', undefined],
  ['rtsp://h:554/live@2', undefined],
  ['rtsp://h:554?user=a@b', undefined],
  ...['#', '/', '?'].map(
    (sign) =>
      [
        `rtsp://admin:pass${sign}word@192.0.2.1/1`,
        'expected a password in which # / ? are percent-encoded (%23, %2F, %3F) but got one as it is typed',
      ] as const,
  ),
  ['rtsp:h', 'expected rtsp://HOST/... but got no host'],
  ['rtsp://', 'expected rtsp://HOST/... but got no host'],
  ['rtsp://user:secret@/x', 'expected rtsp://HOST/... but got no host'],
  ['test:', 'expected something after test: but got nothing'],
  [
    'test:testsrc2,hue=s=0',
    'expected test:NAME or test:NAME=size=WIDTHxHEIGHT:rate=NUMBER (16 to 4096 pixels, 0.1 to 120 frames a second) with NAME one of testsrc2, testsrc, smptehdbars, smptebars, pal100bars, pal75bars, rgbtestsrc, yuvtestsrc but got something else; did you mean "testsrc2"?',
  ],
  ['device: ', 'expected something after device: but got nothing'],
  [
    'file://films/a.mp4',
    'expected file:PATH or file:///PATH but got a file: URL that is not a file of this machine',
  ],
  ['user:secret@192.0.2.1', `expected a source that begins with ${kinds} but got none of them`],
  ['/films/a.mp4', `expected a source that begins with ${kinds} but got none of them`],
  ['RTSP://h', `expected a source that begins with ${kinds} but got RTSP://; did you mean "rtsp"?`],
  ['rtmp://u:secret@h', `expected a source that begins with ${kinds} but got rtmp://; did you mean "rtsp"?`],
  ['rtsp://h/\\u0000', 'expected a source without control characters'],
  ['rtsp://h/\\n-i', 'expected a source without control characters'],
];

for (const [source, fault] of sources) {
  test(`source "${source}" ${fault === undefined ? 'is valid' : 'is refused'}`, (t) => {
    const expected = fault === undefined ? [] : [`1:28: cameras.door.source: ${fault}`];
    t.deepEqual(faultsOf(`cameras: { door: { source: "${source}" } }`), expected);
  });
}

const masks: readonly (readonly [string, string | undefined])[] = [
  ['{ x: 0.9, y: 0.7, width: 0.1, height: 0.3 }', undefined],
  ['[[0, 0], [1, 0], [0, 1]]', undefined],
  ['[[0, 0], [1, 1], [1, 0], [0, 1]]', undefined],
  ['[[0.1, 0.1], [0.1, 0.1], [0.5, 0.1], [0.1, 0.5]]', undefined],
  ['[[0, 0], [0.5, 0.5], [1, 1]]', 'expected a polygon with an area but got points on one line'],
  ['[[0.2, 0.2], [0.2, 0.2], [0.2, 0.2]]', 'expected a polygon with an area but got points on one line'],
  ['{ x: 0, y: 0, width: 0, height: 1 }', 'expected a width and a height above 0 but got 0 and 1'],
  [
    '{ x: 0.5, y: 0, width: 0.6, height: 1 }',
    'expected x + width and y + height of at most 1 but got 1.1 and 1',
  ],
  ['left', 'expected a rectangle {x, y, width, height} or a polygon [[x, y], ...] but got "left"'],
  ['[[0, 0], [1, 1]]', 'expected at least 3 entries but got 2'],
];

for (const [mask, fault] of masks) {
  test(`mask ${mask} ${fault === undefined ? 'hides something' : 'is refused'}`, (t) => {
    const expected = fault === undefined ? [] : [`3:13: cameras.door.masks[0]: ${fault}`];
    t.deepEqual(faultsOf(`cameras:\n  door:\n    masks: [${mask}]\n    source: test:testsrc2\n`), expected);
  });
}

test('a fault inside a mask is described for the closest form', (t) => {
  t.deepEqual(
    faultsOf(`cameras:
  door:
    source: test:testsrc2
    masks:
      - { x: 2, y: 0, width: 1 }
      - [[0, 0], [1, 2], [0, 1, 1], [a, 0]]
      - { x: 0, y: 0, w: 1, height: 1 }
`),
    [
      '5:9: cameras.door.masks[0].height: missing',
      '5:14: cameras.door.masks[0].x: expected at most 1 but got 2',
      '6:22: cameras.door.masks[1][1][1]: expected at most 1 but got 2',
      '6:26: cameras.door.masks[1][2]: expected at most 2 entries but got 3',
      '6:38: cameras.door.masks[1][3][0]: expected a number but got "a"',
      '7:9: cameras.door.masks[2].width: missing',
      '7:23: cameras.door.masks[2].w: unknown key',
    ],
  );
});

test('a night has a start and an end', (t) => {
  const night = (detect: string): string =>
    `cameras:\n  door:\n    source: test:testsrc2\n    night: { detect: ${detect}, from: "21:00", to: "21:00" }\n`;
  t.deepEqual(faultsOf(night('hours')), [
    '4:48: cameras.door.night.to: expected a time other than "from" but got the same',
  ]);
  t.deepEqual(faultsOf(night('darkness')), []);
});

test('settings are checked against each other even if other settings are faulty', (t) => {
  const text =
    'server:\n  port: x\n  host: 0.0.0.0\ncameras:\n  door:\n    fps: x\n    source: x\n    rtsp: true\n';
  t.deepEqual(
    faultsOf(text).map((line) => line.split(': ')[1]),
    ['server.port', 'server.host', 'cameras.door.fps', 'cameras.door.source', 'cameras.door.rtsp'],
  );
});

test('the hash of an empty token is refused', (t) => {
  const text = `server:\n  users: [{ name: anna, tokenHash: "${hashToken('')}" }]\n${camera}`;
  const [fault] = faultsOf(text);
  t.regex(fault ?? '', /tokenHash: expected the hash of a token but got the hash of an empty text/);
});

test('trusted proxies are addresses or networks', (t) => {
  const faults = (entry: string): string[] => faultsOf(`server:\n  trustProxy: ["${entry}"]\n${camera}`);
  for (const entry of ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8']) t.deepEqual(faults(entry), []);
  for (const entry of ['proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', 'true', ''])
    t.regex(faults(entry)[0] ?? '', /trustProxy\[0\]: expected an IP address or a network/, entry);
});
