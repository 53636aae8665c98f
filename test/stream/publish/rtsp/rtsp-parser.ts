import test from 'ava';
import type { RtspItem } from '../../../../src/stream/publish/rtsp/rtsp-message.ts';
import { maxBodyBytes, maxHeadBytes, RtspParser } from '../../../../src/stream/publish/rtsp/rtsp-parser.ts';
import { seededBytes, seededRandom } from '../../../helpers/seeded.ts';

function parse(text: string | Uint8Array): RtspItem[] {
  return new RtspParser().push(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
}

/** A short text for each kind of item, for comparison. */
function summary(items: readonly RtspItem[]): unknown[] {
  return items.map((item) =>
    item.kind === 'request'
      ? [item.method, item.uri, item.version, [...item.headers], Buffer.from(item.body).toString('latin1')]
      : item,
  );
}

const session = Buffer.from(
  [
    'OPTIONS rtsp://host/gate RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Lavf59.27.100\r\n\r\n',
    'SET_PARAMETER rtsp://host/gate RTSP/1.0\nCSeq:2\nContent-Length: 7\n\nabc\r\n\r\n',
    '$\x01\x00\x05\r\n\r\n$',
    '\r\n\r\n',
    'PLAY rtsp://host/gate/ RTSP/1.0\r\nCSeq: 3\r\nRange: npt=0.000-\r\nX-Long: one\r\n two\r\n\r\n',
    'RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n',
    '$\x00\x00\x00',
    'TEARDOWN * RTSP/1.0\r\nCSeq: 4\r\nAccept: a\r\nAccept: b\r\n\r\n',
  ].join(''),
  'latin1',
);

const expected = [
  [
    ...['OPTIONS', 'rtsp://host/gate', '1.0'],
    [
      ['cseq', '1'],
      ['user-agent', 'Lavf59.27.100'],
    ],
    '',
  ],
  [
    ...['SET_PARAMETER', 'rtsp://host/gate', '1.0'],
    [
      ['cseq', '2'],
      ['content-length', '7'],
    ],
    'abc\r\n\r\n',
  ],
  { kind: 'interleaved', channel: 1, sizeBytes: 5 },
  [
    ...['PLAY', 'rtsp://host/gate/', '1.0'],
    [
      ['cseq', '3'],
      ['range', 'npt=0.000-'],
      ['x-long', 'one two'],
    ],
    '',
  ],
  { kind: 'response' },
  { kind: 'interleaved', channel: 0, sizeBytes: 0 },
  [
    ...['TEARDOWN', '*', '1.0'],
    [
      ['cseq', '4'],
      ['accept', 'a, b'],
    ],
    '',
  ],
];

test('requests, answers and packets are told apart, with line ends of either kind', (t) => {
  t.deepEqual(summary(parse(session)), expected);
});

test('input in pieces of any size gives the same items', (t) => {
  const random = seededRandom(11);
  for (let round = 0; round < 200; round++) {
    const parser = new RtspParser();
    const items: RtspItem[] = [];
    for (let at = 0; at < session.length;) {
      const end = at + 1 + Math.floor(random() ** 2 * 60);
      items.push(...parser.push(session.subarray(at, end)));
      at = end;
    }
    t.deepEqual(summary(items), expected);
  }
});

const refused: [title: string, text: string, status: number][] = [
  ['a line of rubbish', 'hello\r\n\r\n', 400],
  ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a header without a name', 'OPTIONS * RTSP/1.0\r\n: x\r\n\r\n', 400],
  ['a header without a colon', 'OPTIONS * RTSP/1.0\r\nCSeq 1\r\n\r\n', 400],
  ['a negative length', 'OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n', 400],
  ['two lengths', 'OPTIONS * RTSP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
  ['a body beyond the limit', `OPTIONS * RTSP/1.0\r\nContent-Length: ${maxBodyBytes + 1}\r\n\r\n`, 413],
  ['a head beyond the limit', `OPTIONS * RTSP/1.0\r\nX: ${'y'.repeat(maxHeadBytes)}`, 413],
  ['more than 64 headers', `OPTIONS * RTSP/1.0\r\n${'A: b\r\n'.repeat(65)}\r\n`, 400],
];
for (const [title, text, status] of refused)
  test(`${title} is a fault with status ${status}, and nothing is read behind it`, (t) => {
    const parser = new RtspParser();
    const items = parser.push(Buffer.from(text));
    t.like(items, [{ kind: 'fault', status }]);
    t.deepEqual(parser.push(session), []);
  });

test('random bytes never throw, and give at most one fault, at the end', (t) => {
  const random = seededRandom(5);
  for (let round = 0; round < 500; round++) {
    const bytes = Buffer.concat([
      ...(round % 2 === 0 ? [session.subarray(0, Math.floor(random() * session.length))] : []),
      seededBytes(Math.floor(random() * 3000), round),
    ]);
    const parser = new RtspParser();
    const items: RtspItem[] = [];
    for (let at = 0; at < bytes.length; at += 97) items.push(...parser.push(bytes.subarray(at, at + 97)));
    const faults = items.filter((item) => item.kind === 'fault');
    t.true(faults.length === 0 || (faults.length === 1 && items.at(-1) === faults[0]));
  }
});

test('real requests with flipped bytes never throw', (t) => {
  const random = seededRandom(6);
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(session);
    for (let i = 0; i < 1 + (round % 10); i++)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    t.notThrows(() => parse(bytes));
  }
});

test('a client that never ends its head costs no more memory than the limit', (t) => {
  const parser = new RtspParser();
  const line = Buffer.from('A: b\r\n');
  let faults = 0;
  for (let i = 0; i < 100_000; i++) faults += parser.push(line).length;
  t.is(faults, 1);
});
