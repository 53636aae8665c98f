import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { concat, NEVER, Observable, of, Subject } from 'rxjs';
import type { AccessUnit } from '../../../../src/stream/publish/video/access-unit.ts';
import type { Authenticate } from '../../../../src/stream/publish/rtsp/basic-auth.ts';
import { RtspServer, type RtspServerOptions } from '../../../../src/stream/publish/rtsp/rtsp-server.ts';
import { makeUnits } from '../../../helpers/made-units.ts';
import { until } from '../../../helpers/program.ts';
import { RtspClient } from '../../../helpers/rtsp-client.ts';
import { makeCertificate } from '../../../helpers/certificate.ts';
import { tempFolder } from '../../../helpers/run-ffmpeg.ts';

const overTcp = 'RTP/AVP/TCP;unicast;interleaved=0-1';
const overUdp = 'RTP/AVP;unicast;client_port=5000-5001';
const gate = { user: 'op', password: 'päss:word' };
const right = { Authorization: `Basic ${Buffer.from(`${gate.user}:${gate.password}`).toString('base64')}` };
const wrong = { Authorization: `Basic ${Buffer.from('op:guess').toString('base64')}` };
const film = makeUnits({ count: 10 });

/** A server with `/cam` (one keyframe, then nothing) and `/yard` (no pictures). */
async function openServer(
  t: ExecutionContext,
  options: Partial<RtspServerOptions> = {},
): Promise<RtspServer> {
  const [keyframe] = await film;
  const server = await RtspServer.listen({ host: '127.0.0.1', port: 0, ...options });
  t.teardown(() => server[Symbol.asyncDispose]());
  server.mount('/cam', concat(of(keyframe!), NEVER), {
    name: 'Gate',
    info: 'Colour is synthetic.\r\na=evil',
  });
  server.mount('yard', NEVER);
  return server;
}

async function openClient(t: ExecutionContext, server: RtspServer, path = '/cam'): Promise<RtspClient> {
  const client = await RtspClient.connect(server.port, path);
  t.teardown(() => client[Symbol.dispose]());
  return client;
}

async function openBoth(t: ExecutionContext, options: Partial<RtspServerOptions> = {}): Promise<RtspClient> {
  return openClient(t, await openServer(t, options));
}

test('OPTIONS names the methods and needs no password', async (t) => {
  const client = await openBoth(t, { authenticate: () => false });
  const { status, headers } = await client.request('OPTIONS');
  t.is(status, 200);
  t.is(headers.get('cseq'), '1');
  t.regex(
    headers.get('public') ?? '',
    /DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN$/,
  );
});

test('DESCRIBE announces H.264 in packetization mode 1 with its parameter sets, and text cannot inject lines', async (t) => {
  const client = await openBoth(t);
  const { status, headers, body } = await client.request('DESCRIBE', { Accept: 'application/sdp' });
  const [sps, pps] = (await film)[0]!.nals.map((nal) => Buffer.from(nal).toString('base64'));
  const profile = Buffer.from((await film)[0]!.nals[0]!)
    .subarray(1, 4)
    .toString('hex')
    .toUpperCase();
  t.is(status, 200);
  t.is(headers.get('content-type'), 'application/sdp');
  t.regex(headers.get('content-base') ?? '', /^rtsp:\/\/127\.0\.0\.1:\d+\/cam\/$/);
  const lines = body.split('\r\n');
  t.true(lines.includes('s=Gate'));
  t.true(lines.includes('i=Colour is synthetic. a=evil'));
  t.true(lines.includes('a=rtpmap:96 H264/90000'));
  t.true(
    lines.includes(
      `a=fmtp:96 packetization-mode=1; profile-level-id=${profile}; sprop-parameter-sets=${sps},${pps}`,
    ),
  );
});

test('without the password it is 401 with a Basic challenge, whether the path exists or not', async (t) => {
  const asked: string[][] = [];
  const client = await openBoth(t, {
    authenticate: ({ user, password, path }) => {
      asked.push([user, password, path]);
      return user === gate.user && password === gate.password;
    },
  });
  const nameless = await client.request('DESCRIBE');
  t.is(nameless.status, 401);
  t.is(nameless.headers.get('www-authenticate'), 'Basic realm="Chromafeed"');
  t.is((await client.request('DESCRIBE', wrong)).status, 401);
  t.is((await client.request('DESCRIBE', wrong, { uri: 'rtsp://h/none' })).status, 401);
  t.deepEqual(asked, [
    ['', '', '/cam'],
    ['op', 'guess', '/cam'],
    ['op', 'guess', '/none'],
  ]);
});

test('with the password a path that does not exist is 404, and one that does can be set up', async (t) => {
  const authenticate: Authenticate = ({ user, password }) =>
    Promise.resolve(user === gate.user && password === gate.password);
  const client = await openBoth(t, { authenticate });
  t.is((await client.request('DESCRIBE', right, { uri: 'rtsp://h/none' })).status, 404);
  t.is((await client.request('DESCRIBE', right)).status, 200);
  t.is((await client.request('SETUP', { Transport: overTcp })).status, 401);
  t.is((await client.request('SETUP', { ...right, Transport: overTcp })).status, 200);
});

test('three wrong passwords end the connection', async (t) => {
  const client = await openBoth(t, { authenticate: () => false });
  for (let i = 0; i < 3; i++) t.is((await client.request('DESCRIBE', wrong)).status, 401);
  await client.closed;
  t.pass();
});

test('when rights are checked again, sessions that may no longer watch are disconnected and others stay', async (t) => {
  const passwords: Record<string, string> = { op: 'a', guard: 'b' };
  const server = await openServer(t, { authenticate: ({ user, password }) => passwords[user] === password });
  const login = (text: string): Record<string, string> => ({
    Authorization: `Basic ${Buffer.from(text).toString('base64')}`,
  });
  const [op, guard] = [await openClient(t, server), await openClient(t, server)];
  await op.play(login('op:a'));
  const session = await guard.play(login('guard:b'));
  await until(() => op.packets.length > 0 && guard.packets.length > 0, 'pictures');
  passwords['op'] = 'c';
  t.is((await op.request('DESCRIBE', login('op:a'))).status, 401, 'what was right once is asked again');
  await server.recheck();
  await op.closed;
  t.is((await guard.request('GET_PARAMETER', { Session: session })).status, 200);
  t.is(server.readers('/cam'), 1);
});

test('new connections get a renewed certificate', async (t) => {
  const folder = await tempFolder(t);
  const read = async (name: string): Promise<{ cert: Buffer; key: Buffer }> => {
    const { cert, key } = await makeCertificate(folder, name);
    return { cert: await readFile(cert), key: await readFile(key) };
  };
  const server = await openServer(t, { tls: await read('first') });
  const nameSeen = async (): Promise<unknown> => {
    const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
    t.teardown(() => socket.destroy());
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().subject.CN;
  };
  t.is(await nameSeen(), 'first');
  server.useTls(await read('second'));
  t.is(await nameSeen(), 'second');
});

test('a client of rtsps that never starts its TLS handshake is disconnected', async (t) => {
  const { cert, key } = await makeCertificate(await tempFolder(t), 'gate');
  const tls = { cert: await readFile(cert), key: await readFile(key) };
  const server = await openServer(t, { tls, limits: { tlsMs: 200, handshakeMs: 60_000 } });
  const silent = await openClient(t, server);
  const halfOpen = await openClient(t, server);
  halfOpen.socket.write(Buffer.from([0x16, 0x03, 0x01]));
  await Promise.all([silent.closed, halfOpen.closed]);
  await until(() => server.connections.now === 0, 'both connections are gone');
  t.is(server.connections.total, 2);
});

test('an address that sent too many wrong passwords gets 503 with Retry-After and is disconnected', async (t) => {
  const client = await openBoth(t, { authenticate: () => ({ waitS: 42 }) });
  const reply = await client.request('DESCRIBE', right);
  t.is(reply.status, 503);
  t.is(reply.headers.get('retry-after'), '42');
  await client.closed;
});

test('if authentication fails with an error, the reply is 500 and the log has the error', async (t) => {
  const warnings: string[] = [];
  const client = await openBoth(t, {
    authenticate: () => Promise.reject(new Error('the list of users is gone')),
    log: { info: () => undefined, warn: (text) => warnings.push(text) },
  });
  t.is((await client.request('DESCRIBE', right)).status, 500);
  t.regex(warnings.join('\n'), /the list of users is gone/);
});

const transports: [transport: string, status: number, answer?: RegExp][] = [
  [overUdp, 461],
  ['RTP/AVP;multicast', 461],
  ['', 461],
  ['RTP/AVP/TCP;unicast;interleaved=0-1;mode=record', 461],
  ['RTP/AVP/TCP;unicast;interleaved=300-301', 461],
  [`${overUdp},${overTcp}`, 200, /interleaved=0-1/],
  ['RTP/AVP/TCP', 200, /interleaved=0-1/],
  ['rtp/avp/tcp;unicast;interleaved=6-7;mode="PLAY"', 200, /interleaved=6-7/],
  ['RTP/AVP/TCP;unicast;interleaved=2', 200, /interleaved=2-3/],
];
for (const [transport, status, answer] of transports)
  test(`SETUP with the transport "${transport}" is answered ${status}`, async (t) => {
    const client = await openBoth(t);
    const reply = await client.request('SETUP', { Transport: transport });
    t.is(reply.status, status);
    if (answer) t.regex(reply.headers.get('transport') ?? '', answer);
    if (answer) t.regex(reply.headers.get('session') ?? '', /^[0-9a-f]{16};timeout=60$/);
  });

test('requests that need a session get 454 without one or with a wrong one', async (t) => {
  const client = await openBoth(t);
  for (const method of ['PLAY', 'PAUSE', 'TEARDOWN'])
    t.is((await client.request(method)).status, 454, method);
  await client.request('SETUP', { Transport: overTcp });
  for (const method of ['PLAY', 'PAUSE', 'TEARDOWN', 'GET_PARAMETER', 'OPTIONS', 'SETUP'])
    t.is((await client.request(method, { Session: 'ffff', Transport: overTcp })).status, 454, method);
});

test('a session is valid only on its own connection', async (t) => {
  const server = await openServer(t);
  const session = await (await openClient(t, server)).play();
  const other = await openClient(t, server);
  t.is((await other.request('PAUSE', { Session: session })).status, 454);
  t.is(server.readers('/cam'), 1);
});

test('SETUP gets 455 while playing and 459 for a second path', async (t) => {
  const client = await openBoth(t);
  const session = await client.play();
  t.is((await client.request('SETUP', { Session: session, Transport: overTcp })).status, 455);
  t.is((await client.request('SETUP', { Transport: overTcp }, { uri: 'rtsp://h/yard' })).status, 459);
});

test('PLAY announces the first packet, which then arrives; PAUSE stops and PLAY continues', async (t) => {
  const units = new Subject<AccessUnit>();
  const server = await openServer(t);
  server.mount('/live', units);
  const all = await film;
  const client = await openClient(t, server, '/live');
  const session = (await client.request('SETUP', { Transport: overTcp })).headers.get('session') ?? '';
  const rtp = (): typeof client.packets => client.packets.filter(({ channel }) => channel === 0);
  for (const round of [1, 2]) {
    const before = rtp().length;
    const reply = await client.request('PLAY', { Session: session, Range: 'npt=0.000-' });
    t.is(reply.status, 200);
    t.is(server.readers('/live'), 1);
    units.next(all[1]!); // without a keyframe the stream cannot start
    units.next({ ...all[0]!, capturedMs: round * 60_000 });
    await until(() => rtp().length > before, 'a packet');
    const [, url, sequence, time] =
      /^url=(.*);seq=(\d+);rtptime=(\d+)$/.exec(reply.headers.get('rtp-info') ?? '') ?? [];
    t.is(url, `rtsp://127.0.0.1:${server.port}/live/trackID=0`);
    t.is(rtp()[before]!.data.readUInt16BE(2), Number(sequence));
    t.is(rtp()[before]!.data.readUInt32BE(4), Number(time));
    t.is((await client.request('PAUSE', { Session: session })).status, 200);
    t.is(server.readers('/live'), 0);
  }
  t.is((await client.request('TEARDOWN', { Session: session })).status, 200);
  t.is((await client.request('PLAY', { Session: session })).status, 454);
});

test('an empty GET_PARAMETER is a keep-alive; parameters get 451', async (t) => {
  const client = await openBoth(t);
  const session = await client.play();
  for (const method of ['GET_PARAMETER', 'SET_PARAMETER']) {
    t.is((await client.request(method, { Session: session })).status, 200);
    const asked = { Session: session, 'Content-Length': '8' };
    t.is((await client.request(method, asked, { body: 'volume\r\n' })).status, 451);
  }
});

test('other methods are refused as RFC 2326 says', async (t) => {
  const client = await openBoth(t);
  t.is((await client.request('ANNOUNCE')).status, 405);
  t.is((await client.request('RECORD')).status, 405);
  t.is((await client.request('JUMP')).status, 501);
  t.is((await client.request('toString')).status, 400);
});

test('a version that is not 1.0 is 505, a missing CSeq 400, a required feature 551, a strange Accept 406', async (t) => {
  const server = await openServer(t);
  const ask = async (text: string): Promise<number> =>
    (await (await openClient(t, server)).send(text)).status;
  t.is(await ask('OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n'), 505);
  t.is(await ask('OPTIONS * RTSP/1.0\r\n\r\n'), 400);
  t.is(await ask('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nRequire: play.basic\r\n\r\n'), 551);
  t.is(await ask('DESCRIBE rtsp://h/cam RTSP/1.0\r\nCSeq: 1\r\nAccept: text/html\r\n\r\n'), 406);
  t.is(await ask('OPTIONS * RTSP/1.0\r\nContent-Length: 999999\r\n\r\n'), 413);
});

test('a source without a keyframe in time gets 503', async (t) => {
  const client = await openClient(t, await openServer(t, { limits: { describeMs: 50 } }), '/yard');
  t.is((await client.request('DESCRIBE')).status, 503);
});

test('pipelined requests are answered in order', async (t) => {
  const client = await openBoth(t);
  const numbers = [11, 12, 13, 14];
  const texts = numbers.map((number) => `DESCRIBE rtsp://h/cam RTSP/1.0\r\nCSeq: ${number}\r\n\r\n`);
  const replies = [
    await client.send(texts.join('')),
    ...[await client.send(''), await client.send(''), await client.send('')],
  ];
  t.deepEqual(
    replies.map(({ headers }) => Number(headers.get('cseq'))),
    numbers,
  );
});

test('a flood of requests ends its connection only', async (t) => {
  const server = await openServer(t);
  const calm = await openClient(t, server);
  const flood = await openClient(t, server);
  flood.socket.write('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'.repeat(1000));
  await flood.closed;
  t.is((await calm.request('OPTIONS')).status, 200);
});

test('connections beyond the limits, in total and per address, are cut', async (t) => {
  for (const limit of [{ maxClients: 2 }, { maxClientsPerAddress: 2 }]) {
    const refused: string[] = [];
    const onRefused = (address: string, reason: string): void => void refused.push(`${address} ${reason}`);
    const server = await openServer(t, { ...limit, onRefused });
    const clients = [await openClient(t, server), await openClient(t, server), await openClient(t, server)];
    await clients[2]!.closed;
    t.is((await clients[0]!.request('OPTIONS')).status, 200);
    t.deepEqual(server.connections, { now: 2, total: 2 });
    t.is(refused.length, 1);
    t.regex(refused[0] ?? '', /^127\.0\.0\.1 2 connections are open, 2 from this address$/);
    clients[0]![Symbol.dispose]();
    await until(() => server.connections.now === 1, 'it is gone');
    t.is((await (await openClient(t, server)).request('OPTIONS')).status, 200);
  }
});

test('a client that sets up no session, or sends half a request, is disconnected', async (t) => {
  const server = await openServer(t, { limits: { handshakeMs: 100 } });
  const silent = await openClient(t, server);
  const slow = await openClient(t, server);
  slow.socket.write('OPTIONS * RTSP/1.0\r\nCSe');
  await Promise.all([silent.closed, slow.closed]);
  await until(() => server.connections.now === 0, 'both are gone');
  t.is(server.connections.total, 2);
});

test('a session that does not play ends without keep-alive; one that plays continues', async (t) => {
  const server = await openServer(t, { limits: { sessionMs: 1000, handshakeMs: 60_000 } });
  const player = await openClient(t, server);
  await player.play();
  const idle = await openClient(t, server);
  await idle.request('SETUP', { Transport: overTcp });
  await idle.closed;
  t.is((await player.request('OPTIONS')).status, 200);
  t.is(server.readers('/cam'), 1);
});

test('when a mount ends, its readers get BYE; when a source fails, the mount subscribes again', async (t) => {
  const server = await openServer(t, { limits: { lingerMs: 100 } });
  const [keyframe] = await film;
  let subscriptions = 0;
  const failing = new Observable<AccessUnit>((subscriber) => {
    subscriptions++;
    subscriber.next(keyframe!);
    if (subscriptions < 3) subscriber.error(new Error('lost'));
  });
  const mount = server.mount('/lost', failing);
  const client = await openClient(t, server, '/lost');
  await client.play();
  await until(() => subscriptions >= 3, 'the source was subscribed to again');
  t.is(server.readers('/lost'), 1);
  mount[Symbol.dispose]();
  await client.closed;
  const last = client.packets.at(-1);
  t.is(last?.channel, 1);
  t.is(last?.data.readUInt8(last.data.length - 7), 203);
  t.is((await (await openClient(t, server, '/lost')).request('DESCRIBE')).status, 404);
});

test('a source that completes ends its readers after its last picture', async (t) => {
  const server = await openServer(t, { limits: { lingerMs: 100 } });
  const [keyframe] = await film;
  server.mount('/short', of(keyframe!));
  const client = await openClient(t, server, '/short');
  await client.play();
  await client.closed;
  t.deepEqual([...new Set(client.packets.map(({ channel }) => channel))].sort(), [0, 1]);
  t.is(server.readers('/short'), 0);
});

test('a port that is taken is an OUTPUT_UNWRITABLE error that names it', async (t) => {
  const { port } = await openServer(t);
  await t.throwsAsync(RtspServer.listen({ host: '127.0.0.1', port }), {
    code: 'OUTPUT_UNWRITABLE',
    message: new RegExp(`127\\.0\\.0\\.1:${port}`),
  });
});
