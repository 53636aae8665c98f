import test from 'ava';
import { isLocalHost } from '../../../../../src/stream/publish/server/access/request-origin.ts';
import { ask } from '../../../../helpers/ask.ts';
import { DashboardSocket } from '../../../../helpers/dashboard-socket.ts';
import { publishConfig, testPublisher, tokens, users } from '../../../../helpers/publisher.ts';
import { until } from '../../../../helpers/until.ts';

const friend = 'https://wall.example';
const stranger = 'https://stranger.example';

test('requests that change something are refused from pages of other sites', async (t) => {
  const { url, cameras } = await testPublisher(t, publishConfig({ users, origins: [friend] }));
  const Authorization = `Bearer ${tokens.root}`;
  const pause = async (headers: Record<string, string>): Promise<number> => {
    const options = { method: 'POST', headers: { Authorization, ...headers } };
    return (await ask(new URL('api/cameras/door/pause', url), options)).status;
  };
  t.is(await pause({ Origin: stranger }), 403);
  t.is(await pause({ Origin: 'null' }), 403);
  t.is(await pause({ Origin: new URL(url).origin.replace('http', 'https') }), 403);
  t.is(await pause({ Origin: `${new URL(url).origin}0` }), 403, 'another port');
  t.deepEqual(cameras.deeds, []);
  t.is(await pause({ Origin: new URL(url).origin }), 200);
  t.is(await pause({ Origin: friend }), 200);
  t.is(await pause({}), 200, 'a program');
});

test('a cookie changes nothing without an Origin, a token does', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ users }));
  const login = await ask(new URL('login', url), {
    method: 'POST',
    body: { user: 'root', token: tokens.root },
  });
  t.is(login.status, 204);
  const Cookie = (login.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
  const pause = async (headers: Record<string, string>): Promise<number> =>
    (await ask(new URL('api/cameras/door/pause', url), { method: 'POST', headers })).status;
  t.is(await pause({ Cookie }), 403);
  t.is(await pause({ Cookie, Origin: stranger }), 403);
  t.is(await pause({ Cookie, Origin: new URL(url).origin }), 200);
  t.is(await pause({ Authorization: `Bearer ${tokens.root}` }), 200);
  t.is(await pause({ Authorization: `Bearer ${tokens.root}`, Origin: stranger }), 403);
});

test('WebSockets are refused to pages of other sites', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ origins: [friend] }));
  for (const path of ['/ws', '/original/door']) {
    using foreign = new DashboardSocket(url, { origin: stranger, path });
    await until(() => foreign.refused !== undefined, 'a refusal');
    t.is(foreign.refused, 403, path);
    for (const origin of [friend, new URL(url).origin]) {
      using own = new DashboardSocket(url, { origin, path });
      await until(() => own.socket.readyState === own.socket.OPEN, 'a connection');
      t.is(own.refused, undefined);
    }
  }
});

test('a defect while an upgrade is checked ends only that request', async (t) => {
  const originalOf = (): never => {
    throw new Error('a defect');
  };
  const { url, lines } = await testPublisher(t, publishConfig(), { originalOf });
  using wall = new DashboardSocket(url, { path: '/original/door' });
  await until(() => wall.refused !== undefined, 'a refusal');
  t.is(wall.refused, 500);
  t.true(lines.includes('error a WebSocket upgrade failed'));
  t.is((await ask(new URL('healthz', url))).status, 200);
});

test('without users a request for another host name is refused (DNS rebinding)', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ origins: [friend] }));
  const statusFor = async (Host: string): Promise<number> =>
    (await ask(new URL('api/cameras', url), { headers: { Host } })).status;
  t.is(await statusFor('stranger.example'), 403);
  t.is(await statusFor('127.0.0.1.stranger.example:8600'), 403);
  t.is(await statusFor('stranger.example@localhost'), 400);
  t.is(await statusFor('localhost:8600'), 200);
  t.is(await statusFor('[::1]:8600'), 200);
  t.is(await statusFor('wall.example'), 200);
  using socket = new DashboardSocket(url, {
    headers: { Host: 'stranger.example' },
    origin: 'http://stranger.example',
  });
  await until(() => socket.refused !== undefined, 'a refusal');
  t.is(socket.refused, 403);
});

const localHost = test.macro({
  exec: (t, hostname: string, isLocal: boolean) => t.is(isLocalHost(hostname, 'nas', []), isLocal),
  title: (_, hostname: string, isLocal: boolean) =>
    `${hostname} is ${isLocal ? 'this machine' : 'another machine'}`,
});
test(localHost, 'dash.localhost', true);
test(localHost, '127.9.9.9', true);
test(localHost, 'nas', true);
test(localHost, '127.0.0.1.evil', false);
test(localHost, 'localhost.evil', false);
test(localHost, '192.168.0.2', false);

test('pages of allowed origins may read the API, others may not', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ origins: [friend] }));
  const api = new URL('api/cameras', url);
  const read = await ask(api, { headers: { Origin: friend } });
  t.is(read.headers['access-control-allow-origin'], friend);
  const preflight = await ask(api, { method: 'OPTIONS', headers: { Origin: friend } });
  t.is(preflight.status, 204);
  t.regex(preflight.headers['access-control-allow-headers'] ?? '', /Authorization/);
  const foreign = await ask(api, { headers: { Origin: stranger } });
  t.is(foreign.headers['access-control-allow-origin'], undefined);
});

test('the policy allows no inline code, only our own WebSocket, and framing by allowed origins', async (t) => {
  const { url, publisher } = await testPublisher(t, publishConfig({ origins: [friend] }));
  const { headers } = await ask(new URL('login.html', url));
  const policy = String(headers['content-security-policy']);
  t.notRegex(policy, /unsafe|\*/);
  t.true(policy.includes(`connect-src 'self' ws://127.0.0.1:${publisher.port};`), policy);
  t.true(policy.includes(`frame-ancestors 'self' ${friend};`), policy);
  t.true(policy.includes("default-src 'self';"), policy);
  t.is(headers['strict-transport-security'], undefined);
  t.is(headers['x-content-type-options'], 'nosniff');
  t.is(headers['x-powered-by'], undefined);
});
