import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AddressCounter } from '../../../../../src/stream/publish/server/access/address-counter.ts';
import { Sessions } from '../../../../../src/stream/publish/server/access/sessions.ts';
import { configSchema } from '../../../../../src/config/schema.ts';
import { ask, type Answer } from '../../../../helpers/ask.ts';
import { DashboardSocket } from '../../../../helpers/dashboard-socket.ts';
import { publishConfig, testPublisher, tokens, users } from '../../../../helpers/publisher.ts';
import { tempFolder } from '../../../../helpers/run-ffmpeg.ts';
import { until } from '../../../../helpers/until.ts';

const dayMs = 86_400_000;
const [anna] = configSchema.parse({ server: { users } }).server.users;

function login(
  url: string,
  user: string,
  token: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const body = new URLSearchParams({ user, token }).toString();
  const form = { 'Content-Type': 'application/x-www-form-urlencoded', ...headers };
  return ask(new URL('login', url), { method: 'POST', headers: form, body });
}

function cookieOf(t: ExecutionContext, answer: Answer): string {
  const [cookie = ''] = answer.headers['set-cookie'] ?? [];
  t.regex(cookie, /; HttpOnly; SameSite=Strict$/);
  return cookie.split(';')[0] ?? '';
}

test('the login form starts a session, which shows what its user may see until the logout', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ users }));
  const page = await ask(new URL('login.html', url));
  t.is(page.status, 200);
  t.notRegex(page.text, /<script|<style|style=|javascript:/);
  const answer = await login(url, 'anna', tokens.anna);
  t.is(answer.status, 303);
  const Cookie = cookieOf(t, answer);
  const list = await ask(new URL('api/cameras', url), { headers: { Cookie } });
  t.like(list.json(), { cameras: [{ id: 'door' }] });

  const Origin = new URL(url).origin;
  using socket = new DashboardSocket(url, { headers: { Cookie }, origin: Origin });
  await socket.isGreeted();
  const out = await ask(new URL('logout', url), {
    method: 'POST',
    headers: { Cookie, Origin, Accept: 'application/json' },
  });
  t.is(out.status, 204);
  t.is((await ask(new URL('api/cameras', url), { headers: { Cookie } })).status, 401);
  await until(() => socket.closed !== undefined, 'the close of the viewer of that session');
  t.is(socket.closed?.code, 1008);
});

test('a wrong login shows an error on the page and sets no cookie', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ users }));
  const answer = await login(url, 'anna', 'wrong');
  t.is(answer.status, 401);
  t.is(answer.headers['set-cookie'], undefined);
  t.regex(answer.text, /role="alert">the user or the token is wrong/);
  t.regex(answer.text, /name="user"[^>]* value="anna"/, 'the name stays');
  t.regex(answer.text, /chromafeed token/, 'it says where tokens come from');
});

test('a session ends when its user or the token that started it is gone', async (t) => {
  const { url, publisher } = await testPublisher(t, publishConfig({ users }));
  const Cookie = cookieOf(t, await login(url, 'anna', tokens.anna));
  const status = async (): Promise<number> =>
    (await ask(new URL('api/cameras', url), { headers: { Cookie } })).status;
  t.is(await status(), 200);
  const [annaNow, ...others] = users;
  await publisher.update(
    publishConfig({ users: [{ ...annaNow, tokenHash: others[0]!.tokenHash }, ...others] }),
  );
  t.is(await status(), 401);
  await publisher.update(publishConfig({ users: others }));
  t.is(await status(), 401);
});

test('after ten wrong tokens an address is refused with the right one too, while sessions go on', async (t) => {
  const wrongTokens = new AddressCounter({ limit: 10, windowMs: 1500 });
  const { url } = await testPublisher(t, publishConfig({ users }), { wrongTokens });
  const Cookie = cookieOf(t, await login(url, 'ben', tokens.ben));
  for (let i = 0; i < 5; i++) t.is((await login(url, 'anna', `guess ${i}`)).status, 401);
  for (let i = 0; i < 5; i++)
    t.is(
      (await ask(new URL('api/cameras', url), { headers: { Authorization: `Bearer guess${i}` } })).status,
      401,
    );
  const eleventh = await login(url, 'anna', tokens.anna);
  t.is(eleventh.status, 429);
  t.true(['1', '2'].includes(eleventh.headers['retry-after'] ?? ''));
  t.is((await ask(new URL('api/cameras', url), { headers: { Cookie } })).status, 200);
  let status = 429;
  while (status === 429) status = (await login(url, 'anna', tokens.anna)).status;
  t.is(status, 303);
});

test('watching counts as use of a session, and viewers are closed when it ends by time or by a newer one', async (t) => {
  let nowMs = 1_000_000;
  const limits = { sweepMs: 20 };
  const config = publishConfig({ users });
  const { url, publisher } = await testPublisher(t, config, { nowMs: () => nowMs, limits });
  const watch = async (path: string): Promise<{ Cookie: string; socket: DashboardSocket }> => {
    const Cookie = cookieOf(t, await login(url, 'anna', tokens.anna));
    const socket = new DashboardSocket(url, { headers: { Cookie }, origin: new URL(url).origin, path });
    await once(socket.socket, 'open');
    t.teardown(() => socket[Symbol.dispose]());
    return { Cookie, socket };
  };
  const viewers = [await watch('/ws'), await watch('/original/door')] as const;
  const { Cookie } = viewers[0];
  const mjpeg = get(new URL('api/cameras/door/mjpeg', url), { agent: false, headers: { Cookie } });
  const [response] = (await once(mjpeg, 'response')) as [IncomingMessage];
  response.resume();
  for (let week = 0; week < 4; week++) {
    const pinged = Promise.all(viewers.map(({ socket }) => once(socket.socket, 'ping')));
    nowMs += 6 * dayMs;
    await pinged;
    // The answer follows our pong on the same connection, so the server has seen the pong.
    await Promise.all(
      viewers.map(({ socket: { socket } }) => {
        const answered = once(socket, 'pong');
        socket.ping();
        return answered;
      }),
    );
  }
  t.is(publisher.viewers.length, 3);
  nowMs += 7 * dayMs;
  await once(response, 'end');
  await until(() => viewers.every(({ socket }) => socket.closed?.code === 1008), 'closes');
  const { socket } = await watch('/ws');
  for (let i = 0; i < 20; i++) await login(url, 'anna', tokens.anna);
  await until(() => socket.closed?.code === 1008, 'the close of the oldest of 21');
});

test('a session ends after 7 days without use and after 30 days at the latest', (t) => {
  let nowMs = 0;
  const sessions = new Sessions({ nowMs: () => nowMs });
  const idle = sessions.start(anna!);
  const used = sessions.start(anna!);
  nowMs = 6 * dayMs;
  t.is(sessions.use(used)?.name, 'anna');
  nowMs = 8 * dayMs;
  t.is(sessions.use(idle), undefined);
  for (; nowMs < 30 * dayMs; nowMs += dayMs) t.is(sessions.use(used)?.name, 'anna');
  t.is(sessions.use(used), undefined);
  t.is(sessions.size, 0);
});

test('a user has at most twenty sessions; one more ends the oldest', (t) => {
  const sessions = new Sessions({ nowMs: () => 0 });
  const secrets = Array.from({ length: 25 }, () => sessions.start(anna!));
  t.is(sessions.size, 20);
  t.deepEqual(
    secrets.map((secret) => sessions.has(secret)),
    secrets.map((_, i) => i >= 5),
  );
  t.is(new Set(secrets).size, 25);
  t.true(secrets.every((secret) => /^[\w-]{43}$/.test(secret)));
});

test('sessions survive a restart, and the file holds neither secret nor token', async (t) => {
  const sessionFile = join(await tempFolder(t), 'state', 'sessions.json');
  const config = publishConfig({ users });
  const first = await testPublisher(t, config, { sessionFile });
  const Cookie = cookieOf(t, await login(first.url, 'anna', tokens.anna));
  const gone = cookieOf(t, await login(first.url, 'ben', tokens.ben));
  await ask(new URL('logout', first.url), {
    method: 'POST',
    headers: { Cookie: gone, Origin: new URL(first.url).origin },
  });
  await first.publisher[Symbol.asyncDispose]();
  const text = await readFile(sessionFile, 'utf8');
  t.false(text.includes(Cookie.split('=')[1] ?? '') || text.includes(tokens.anna));
  const second = await testPublisher(t, config, { sessionFile });
  const status = async (cookie: string): Promise<number> =>
    (await ask(new URL('api/cameras', second.url), { headers: { Cookie: cookie } })).status;
  t.is(await status(Cookie), 200);
  t.is(await status(gone), 401);
});

test('a damaged file of sessions ends them and is said in the log', async (t) => {
  const sessionFile = join(await tempFolder(t), 'sessions.json');
  await writeFile(sessionFile, '{"version":1,"sessions":[{"key":"x"}]}');
  const { url, lines } = await testPublisher(t, publishConfig({ users }), { sessionFile });
  t.true(lines.some((line) => line.startsWith('warn cannot read the sessions')));
  t.is((await login(url, 'anna', tokens.anna)).status, 303);
});

test('a wall display logs in with its token alone, for a year', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ users }));
  const answer = await ask(new URL('login', url), {
    method: 'POST',
    body: { token: tokens.anna, kiosk: true },
  });
  t.is(answer.status, 204);
  t.regex(answer.headers['set-cookie']?.[0] ?? '', /Max-Age=31536000/);
});
