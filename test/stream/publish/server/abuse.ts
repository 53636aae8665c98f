import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test, { type ExecutionContext } from 'ava';
import { ask } from '../../../helpers/ask.ts';
import { DashboardSocket } from '../../../helpers/dashboard-socket.ts';
import {
  publishConfig,
  testPublisher,
  tokens,
  users,
  type TestPublisher,
} from '../../../helpers/publisher.ts';
import { dashboardDirs } from '../../../../src/stream/publish/server/dashboard-files.ts';
import { seededBytes, seededRandom } from '../../../helpers/seeded.ts';
import { until } from '../../../helpers/until.ts';

const limits = { upgradesPerMinute: 1_000_000 };

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapMb(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Checks that the server is unchanged: nobody is connected, no socket is left, and it shows pictures. */
async function assertWell(t: ExecutionContext, server: TestPublisher, sockets: number): Promise<void> {
  await until(() => server.publisher.viewers.length === 0, 'the end of all viewers');
  await until(() => openSockets() <= sockets, `${sockets} sockets, as before`);
  t.deepEqual(
    server.lines.filter((line) => line.startsWith('error')),
    [],
  );
  using viewer = new DashboardSocket(server.url);
  await viewer.isGreeted();
  viewer.watch('door');
  const door = server.cameras.camera('door');
  await until(() => door.running.length === 1, 'an encoder');
  door.show();
  await until(() => viewer.pictures.length === 1, 'a picture');
}

/** Sends bytes over a raw connection and reads until the server closes it. */
async function throwAt(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1' });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined); // a reset ends the connection too
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.end(bytes);
  await closed;
  return Buffer.concat(chunks);
}

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

/** A random request that may be wrong in every part. */
function badRequest(random: () => number): Buffer {
  const methods = ['GET', 'POST', 'DELETE', 'PUT', 'TRACE', 'CONNECT', 'BREW', 'G\0T', ''];
  const paths = [
    ...[
      '/',
      '/ws',
      '/original/door',
      '/api/cameras',
      '/api/cameras/door',
      '/api/cameras/..%2f..',
      '/%ff%fe',
      '*',
    ],
    ...['/api/cameras/door/mjpeg?fps=-1', '/api/cameras/door/snapshot.jpg?height=x', '/login', '//evil/', ''],
    ...[`/${'a'.repeat(20_000)}`, '/api/cameras?__proto__[x]=1', '/%', 'http://evil/', '/metrics\r\nX: y'],
  ];
  const headers = [
    ...[
      'Host: localhost',
      'Host: evil.example',
      'Host:',
      'Host: a\r\nHost: b',
      'Origin: null',
      'Cookie: ;;=;',
    ],
    ...[
      'Content-Length: 5',
      'Content-Length: -1',
      'Content-Length: 99999999999999999999',
      'Upgrade: websocket',
    ],
    ...[
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: gzip, chunked',
      'Connection: Upgrade',
      'Upgrade: h2c',
    ],
    ...[
      'Sec-WebSocket-Version: 99',
      'Sec-WebSocket-Key: x',
      'Authorization: Basic !!!',
      'Content-Type: text/x',
    ],
    ...[
      'Content-Type: application/json',
      'Expect: 100-continue',
      `X: ${'y'.repeat(20_000)}`,
      'no colon',
      '\0: \0',
    ],
  ];
  const bodies = [
    '',
    '{"id":',
    '0\r\n\r\n',
    'ffffffffff\r\n',
    'hello',
    Buffer.from(seededBytes(64, 1)).toString('latin1'),
  ];
  const lines = Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(random, headers));
  const version = pick(random, ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', '']);
  const head = `${pick(random, methods)} ${pick(random, paths)} ${version}`;
  const text = [head, ...lines, '', pick(random, bodies)].join('\r\n');
  const whole = Buffer.from(random() < 0.2 ? text + text + text : text, 'latin1');
  return random() < 0.2 ? whole.subarray(0, Math.floor(random() * whole.length)) : whole;
}

test.serial('1,000 bad HTTP requests leave the server as it was', async (t) => {
  const server = await testPublisher(t, publishConfig(), { limits });
  const random = seededRandom(7);
  const sockets = openSockets();
  await assertWell(t, server, sockets);
  const before = heapMb();
  let answered = 0;
  for (let i = 0; i < 1000; i += 20) {
    const batch = Array.from({ length: 20 }, () => throwAt(server.publisher.port, badRequest(random)));
    for (const answer of await Promise.all(batch)) {
      if (answer.length === 0) continue;
      answered++;
      const text = answer.toString('latin1');
      t.regex(text, /^HTTP\/1\.1 [1-5]\d\d /);
      t.notRegex(text, /^HTTP\/1\.1 500 |node_modules|\.js:\d+/, text.slice(0, 200));
    }
  }
  t.true(answered > 500, `${answered} were answered`);
  await assertWell(t, server, sockets);
  t.true(heapMb() - before < 8, `${before} MB became ${heapMb()}`);
});

test.serial(
  '1,000 bad WebSocket messages leave the server as it was, and ten end their viewer',
  async (t) => {
    const server = await testPublisher(t, publishConfig(), { limits });
    const random = seededRandom(11);
    const sockets = openSockets();
    const before = heapMb();
    const good = JSON.stringify({
      type: 'watch',
      streams: [{ camera: 'door', mode: 'jpeg', heightPx: 180 }],
    });
    const bad = (): string | Buffer => {
      const kind = Math.floor(random() * 6);
      if (kind === 0) return Buffer.from(seededBytes(random() * 2000, random() * 2 ** 32));
      if (kind === 1) return good.slice(0, Math.floor(random() * (good.length - 1)));
      if (kind === 2) return '[['.repeat(4000);
      if (kind === 3)
        return good.replace(pick(random, ['watch', 'jpeg', '180', 'camera', 'door']), '\u0000{}"');
      if (kind === 4) return JSON.stringify({ type: 'watch', streams: Array(200).fill({ camera: 'door' }) });
      return JSON.stringify({ type: 'time', id: 'x', __proto__: null, constructor: 1 });
    };
    for (let round = 0; round < 100; round++) {
      using socket = new DashboardSocket(server.url);
      await socket.isGreeted();
      for (let i = 0; i < 10; i++) socket.say(bad());
      await until(() => socket.closed !== undefined, 'the close');
      t.is(socket.closed?.code, 1008);
      t.is(socket.told('error').length, 10);
    }
    await assertWell(t, server, sockets);
    t.true(heapMb() - before < 8, `${before} MB became ${heapMb()}`);
  },
);

test.serial('1,000 WebSocket frames of garbage leave the server as it was', async (t) => {
  const server = await testPublisher(t, publishConfig(), { limits });
  const random = seededRandom(13);
  const sockets = openSockets();
  const before = heapMb();
  const head = [
    ...['GET /ws HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket'],
    ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''],
  ].join('\r\n');
  for (let i = 0; i < 1000; i += 20) {
    const batch = Array.from({ length: 20 }, () => {
      const garbage = seededBytes(1 + random() * 300, random() * 2 ** 32);
      // Half of them have a valid first byte, so they reach more than the first check.
      if (random() < 0.5) garbage[0] = pick(random, [0x81, 0x82, 0x01, 0x80, 0x88, 0x89, 0x8a]);
      return throwAt(server.publisher.port, Buffer.concat([Buffer.from(head), garbage]));
    });
    for (const answer of await Promise.all(batch)) t.regex(answer.toString('latin1'), /^HTTP\/1\.1 101 /);
  }
  await assertWell(t, server, sockets);
  t.true(heapMb() - before < 8, `${before} MB became ${heapMb()}`);
});

test.serial('a viewer that sends too long or too many messages is closed', async (t) => {
  const { url } = await testPublisher(t);
  using long = new DashboardSocket(url);
  await long.isGreeted();
  long.say('x'.repeat(16_385));
  await until(() => long.closed !== undefined, 'the close');
  t.is(long.closed?.code, 1009);
  using many = new DashboardSocket(url);
  await many.isGreeted();
  for (let id = 0; id < 200; id++) many.say({ type: 'time', id });
  await until(() => many.closed !== undefined, 'the close');
  t.is(many.closed?.code, 1008);
  t.true(many.told('time').length >= 40 && many.told('time').length < 60);
});

test.serial(
  'an address that sends too many requests gets 429 with Retry-After, and the limit can change',
  async (t) => {
    const { url, publisher } = await testPublisher(t, publishConfig({ requestsPerMinute: 10 }), {
      dashboardDirs,
    });
    const api = new URL('api/cameras', url);
    for (let i = 0; i < 10; i++) t.is((await ask(api)).status, 200);
    const refused = await ask(api);
    t.is(refused.status, 429);
    t.like(refused.json(), { code: 'TOO_MANY_REQUESTS' });
    const waitS = Number(refused.headers['retry-after']);
    t.true(waitS > 0 && waitS <= 60);
    t.is((await ask(new URL('healthz', url))).status, 200, 'probes go on');
    t.is((await ask(new URL('icon.svg', url))).status, 200, 'the files of the dashboard do not count');
    t.is((await ask(url)).status, 429, 'its first page does');
    await publisher.update(publishConfig({ requestsPerMinute: 1000 }));
    t.is((await ask(api)).status, 200);
  },
);

test.serial('an address that connects too often gets 429', async (t) => {
  const { url } = await testPublisher(t, publishConfig(), { limits: { upgradesPerMinute: 3 } });
  for (let i = 0; i < 3; i++) {
    using socket = new DashboardSocket(url);
    await socket.isGreeted();
  }
  using socket = new DashboardSocket(url);
  await until(() => socket.refused !== undefined, 'a refusal');
  t.is(socket.refused, 429);
});

test.serial('errors are JSON and reveal nothing about the program', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ users }));
  const headers = { Authorization: `Bearer ${tokens.root}` };
  const answers = [
    await ask(new URL('nothing/here', url)),
    await ask(new URL('api/cameras/%ff', url), { headers }),
    await ask(new URL('api/cameras', url), { method: 'PATCH', headers }),
    await ask(new URL('api/cameras', url), {
      method: 'POST',
      body: '{"a',
      headers: { ...headers, 'Content-Type': 'application/json' },
    }),
    await ask(new URL('api/cameras', url), {
      method: 'POST',
      body: { id: 'a', more: 'x'.repeat(70_000) },
      headers,
    }),
  ];
  t.deepEqual(
    answers.map(({ status }) => status),
    [404, 400, 404, 400, 413],
  );
  for (const { json, text } of answers) {
    t.deepEqual(Object.keys(json() as object), ['code', 'message']);
    t.notRegex(text, /node_modules|\bat .*:\d+:\d+/);
  }
});
