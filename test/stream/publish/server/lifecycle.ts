import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../../src/errors.ts';
import { makeCertificate } from '../../../helpers/certificate.ts';
import { ask } from '../../../helpers/ask.ts';
import { DashboardSocket } from '../../../helpers/dashboard-socket.ts';
import { publishConfig, testPublisher, tokens, users } from '../../../helpers/publisher.ts';
import { tempFolder } from '../../../helpers/run-ffmpeg.ts';
import { until } from '../../../helpers/until.ts';

async function assertUsage(t: ExecutionContext, promise: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await t.throwsAsync(promise, { instanceOf: AppError, message });
  t.is(error.code, 'USAGE');
}

test('draining tells all viewers, even stalled ones, and ends within 2 s', async (t) => {
  const { url, cameras, publisher } = await testPublisher(t);
  const door = cameras.camera('door');
  using viewer = new DashboardSocket(url);
  using original = new DashboardSocket(url, { path: '/original/door' });
  using stalled = new DashboardSocket(url);
  await Promise.all([viewer.isGreeted(), stalled.isGreeted()]);
  viewer.watch('door');
  stalled.watch('door', 720);
  const mjpeg = get(new URL('api/cameras/door/mjpeg', url), { agent: false });
  const [response] = (await once(mjpeg, 'response')) as [NodeJS.ReadableStream];
  response.resume();
  const idle = connect({ port: publisher.port, host: '127.0.0.1' });
  await once(idle, 'connect');
  await until(() => door.running.length === 3 && publisher.viewers.length === 4, 'all viewers');
  stalled.socket.pause();
  for (let i = 1; i <= 20; i++) {
    door.show(960, 540);
    await until(() => door.encodes >= 3 * i, 'the encoders');
  }
  const ended = [once(response, 'end'), once(idle, 'close')];
  const startMs = performance.now();
  await publisher.drain(1500);
  t.true(performance.now() - startMs < 2000);
  await Promise.all(ended);
  await until(() => viewer.closed !== undefined && original.closed !== undefined, 'closes');
  t.is(viewer.closed?.code, 1001);
  t.is(original.closed?.code, 1001);
  t.deepEqual(door.running, []);
  t.false(door.isOriginalWatched);
  await t.throwsAsync(ask(url), { code: 'ECONNREFUSED' });
});

test('draining without viewers ends at once', async (t) => {
  const { url, publisher } = await testPublisher(t);
  t.is((await ask(new URL('healthz', url))).status, 200);
  const startMs = performance.now();
  await publisher.drain(60_000);
  t.true(performance.now() - startMs < 10_000);
});

test('disposal is repeatable, and the port is free again', async (t) => {
  const { publisher } = await testPublisher(t);
  const { port } = publisher;
  await publisher[Symbol.asyncDispose]();
  await publisher[Symbol.asyncDispose]();
  await publisher.drain(1000);
  const next = await testPublisher(t, publishConfig({ port }));
  t.is(next.publisher.port, port);
});

test('a port that is taken is an error with a cure', async (t) => {
  const { publisher } = await testPublisher(t);
  await assertUsage(
    t,
    testPublisher(t, publishConfig({ port: publisher.port })),
    /cannot listen on .*EADDRINUSE/,
  );
});

test('TLS serves page, API and WebSocket; a renewed certificate is used without losing a viewer', async (t) => {
  const folder = await tempFolder(t);
  const tls = await makeCertificate(folder, 'first');
  const { url, publisher, cameras } = await testPublisher(t, publishConfig({ tls, users }));
  t.regex(url, /^https:/);
  const ca = await readFile(tls.cert);
  const login = await ask(new URL('login', url), {
    method: 'POST',
    ca,
    body: { user: 'ben', token: tokens.ben },
  });
  t.is(login.status, 204);
  t.regex(login.headers['set-cookie']?.[0] ?? '', /; HttpOnly; Secure; SameSite=Strict/);
  t.regex(login.headers['strict-transport-security'] ?? '', /max-age=\d{7,}/);
  t.regex(String(login.headers['content-security-policy']), /connect-src 'self' wss:/);

  const Cookie = (login.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
  using viewer = new DashboardSocket(url, { ca, headers: { Cookie }, origin: new URL(url).origin });
  await viewer.isGreeted();
  viewer.watch('door', 720);
  const door = cameras.camera('door');
  await until(() => door.running.length === 1, 'an encoder');
  door.show(640, 360);
  await until(() => viewer.pictures.length === 1, 'a picture');

  const renewed = await makeCertificate(folder, 'second');
  await writeFile(tls.cert, await readFile(renewed.cert));
  await assertUsage(t, publisher.update(publishConfig({ tls, users: [] })), /server\.tls: .*mismatch/i);
  viewer.say({ type: 'time', id: 1 });
  await until(() => viewer.told('time').length === 1, 'an answer: nothing has been changed');
  await writeFile(tls.key, await readFile(renewed.key));
  await publisher.update(publishConfig({ tls, users }));
  await t.throwsAsync(ask(new URL('healthz', url), { ca }), { message: /certificate|self-signed/i });
  t.is((await ask(new URL('healthz', url), { ca: await readFile(renewed.cert) })).status, 200);
  door.show(640, 360);
  await until(() => viewer.pictures.length === 2, 'another picture');
  t.is(viewer.closed, undefined);
});

test('missing TLS files are an error', async (t) => {
  const tls = { cert: '/nonexistent/cert.pem', key: '/nonexistent/key.pem' };
  await assertUsage(t, testPublisher(t, publishConfig({ tls })), /server\.tls: .*ENOENT/);
});

test('the log says which changes need a restart', async (t) => {
  const { publisher, lines, url } = await testPublisher(t);
  await publisher.update(publishConfig({ requestsPerMinute: 50 }));
  t.false(lines.some((line) => line.startsWith('warn')));
  await publisher.update(publishConfig({ port: 1 }));
  t.true(lines.some((line) => /^warn changes of server\.host and server\.port/.test(line)));
  t.is((await ask(new URL('healthz', url))).status, 200);
});

test('health checks report life and readiness, and give reasons only to users', async (t) => {
  const why = ['no camera is live'];
  let ok = false;
  const { url } = await testPublisher(t, publishConfig({ users }), { isReady: () => ({ ok, why }) });
  const health = await ask(new URL('healthz', url));
  t.is(health.status, 200);
  t.like(health.json(), { ok: true });
  const ready = new URL('readyz', url);
  t.is((await ask(ready)).status, 503);
  t.deepEqual((await ask(ready)).json(), { ok: false });
  const known = await ask(ready, { headers: { Authorization: `Bearer ${tokens.anna}` } });
  t.deepEqual(known.json(), { ok: false, why });
  ok = true;
  t.is((await ask(ready)).status, 200);
});

test('the dashboard is served from its folders, hidden files are not', async (t) => {
  const folder = await tempFolder(t);
  const other = await tempFolder(t);
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>first</title>');
  await writeFile(join(other, 'index.html'), '<!doctype html><title>second</title>');
  await writeFile(join(other, 'app.js'), 'export {};');
  await writeFile(join(other, '.secret'), 'x');
  const { url } = await testPublisher(t, publishConfig(), { dashboardDirs: [folder, other] });
  t.regex((await ask(url)).text, /first/);
  t.regex((await ask(new URL('app.js', url))).headers['content-type'] ?? '', /javascript/);
  t.is((await ask(new URL('.secret', url))).status, 404);
  t.is((await ask(`${url}..%2f..%2fetc%2fpasswd`)).status, 404);
});
