import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import test from 'ava';
import { maxCameras } from '../../../../src/config/schema.ts';
import { ask, type Answer } from '../../../helpers/ask.ts';
import { FedDirectory } from '../../../helpers/fed-camera.ts';
import { metricOf, publishConfig, testPublisher, tokens, users } from '../../../helpers/publisher.ts';
import { until } from '../../../helpers/until.ts';

const root = { Authorization: `Bearer ${tokens.root}` };

test('connections beyond the limit of one address are cut, counted, and logged once for many', async (t) => {
  const { url, publisher, metrics, records } = await testPublisher(t, publishConfig(), {
    limits: { connectionsPerAddress: 3 },
  });
  const open = async (): Promise<Socket> => {
    const socket = connect(publisher.port, '127.0.0.1');
    socket.on('error', () => undefined);
    t.teardown(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  const idle = [await open(), await open(), await open()];
  const refused = await Promise.all(Array.from({ length: 20 }, open));
  await until(() => refused.every((socket) => socket.closed), 'the others are cut');
  t.false(idle.some((socket) => socket.closed));
  t.is(await metricOf(metrics, 'chromafeed_connections_refused_total{server="http"}'), 20);
  const lines = records.filter(({ msg }) => msg === 'connections refused');
  t.is(lines.length, 1);
  t.like(lines[0], { level: 'warn', address: '127.0.0.1', server: 'http' });
  idle[0]?.destroy();
  let answer: Answer | undefined;
  // The server may notice the end of the connection a moment later.
  while (answer === undefined) answer = await ask(new URL('healthz', url)).catch(() => undefined);
  t.is(answer.status, 200);
});

test('a trusted proxy may open more connections than one address', async (t) => {
  const { publisher } = await testPublisher(t, publishConfig({ trustProxy: ['127.0.0.0/8'] }), {
    limits: { connectionsPerAddress: 1 },
  });
  const sockets = Array.from({ length: 5 }, () => connect(publisher.port, '127.0.0.1'));
  t.teardown(() => sockets.forEach((socket) => socket.destroy()));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  sockets[4]?.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  const [data] = (await once(sockets[4] as Socket, 'data')) as [Buffer];
  t.regex(data.toString(), /^HTTP\/1\.1 200/);
});

test('HEAD of an MJPEG stream ends with its headers', async (t) => {
  const { url, publisher } = await testPublisher(t);
  const head = request(new URL('api/cameras/door/mjpeg', url), { method: 'HEAD', agent: false });
  head.end();
  const [response] = (await once(head, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  t.is(response.statusCode, 200);
  t.regex(response.headers['content-type'] ?? '', /^multipart\/x-mixed-replace/);
  t.deepEqual(publisher.viewers, []);
});

test('the API refuses a camera beyond the limit of 256', async (t) => {
  const cameras = new FedDirectory(...Array.from({ length: maxCameras }, (_, i) => `c${i}`));
  const { url } = await testPublisher(t, publishConfig({ users }), { cameras });
  const answer = await ask(new URL('api/cameras', url), {
    method: 'POST',
    headers: root,
    body: { id: 'one-more', source: 'rtsp://192.0.2.1/1' },
  });
  t.is(answer.status, 409);
  t.like(answer.json(), { code: 'TOO_MANY_CAMERAS' });
});

test('faults in parameters and bodies are explained in plain words', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ users }));
  const messageOf = async (path: string, body?: object): Promise<unknown> => {
    const method = body === undefined ? 'GET' : 'POST';
    const answer = await ask(new URL(path, url), { method, headers: root, ...(body && { body }) });
    t.is(answer.status, 400);
    return (answer.json() as { message: string }).message;
  };
  t.is(await messageOf('api/cameras/door/snapshot.jpg?height=9'), 'height: expected at least 16 but got 9');
  t.is(await messageOf('api/cameras/door/mjpeg?fps=fast'), 'fps: expected a number but got "fast"');
  t.is(await messageOf('api/cameras', { source: 'rtsp://192.0.2.1/1' }), 'camera: id: missing');
});
