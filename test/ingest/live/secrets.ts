import test, { type ExecutionContext } from 'ava';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '../../../src/log/log.ts';
import { HttpSource } from '../../helpers/http-source.ts';
import { processesThatShow } from '../../helpers/processes.ts';
import { startTestCamera } from '../../helpers/test-camera.ts';
import { watchFeed, type WatchedFeed } from '../../helpers/watched-feed.ts';

const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip;
/** The interval at which a test checks all processes while a feed runs. */
const lookEveryMs = 20;

onLinux('a feed that is live shows its password nowhere', async (t) => {
  const password = secret();
  await using camera = await startTestCamera({ user: 'admin', password });
  await staysHidden(t, `${camera.url}?token=${secret()}`, (watched) => watched.untilFrames(20));
});

onLinux('a wrong password is reported as such, without the password', async (t) => {
  await using camera = await startTestCamera({ user: 'admin', password: secret() });
  camera.password = 'another';
  await staysHidden(t, camera.url, async (watched) => {
    await watched.until('a refusal', () => watched.state.kind === 'refused');
    t.is(watched.reason, 'could not connect: wrong user or password (401 Unauthorized)');
  });
});

onLinux('a refused connection shows its password nowhere', async (t) => {
  await using camera = await startTestCamera({ user: 'admin', password: secret() });
  await camera.kill();
  await staysHidden(t, camera.url, async (watched) => {
    await watched.until('a loss', () => watched.state.kind === 'reconnecting');
    t.regex(watched.reason, /^could not connect: .*refused/i);
  });
});

onLinux('a server that hangs shows the password nowhere, while it hangs and after', async (t) => {
  await using camera = await startTestCamera({ user: 'admin', password: secret() });
  await staysHidden(
    t,
    camera.url,
    async (watched) => {
      await watched.untilFrames(3);
      await camera.goSilent();
      await watched.until('a loss', () => watched.state.kind === 'reconnecting');
      await untilSo(() => camera.connections.now > 0);
    },
    1,
  );
});

onLinux('a wrong path or an HTTP 404 is reported as such, without the token', async (t) => {
  await using source = await HttpSource.start((response) => response.writeHead(404).end());
  await staysHidden(t, source.url(`/cam?user=me&token=${secret()}`, `me:${secret()}@`), async (watched) => {
    await watched.until('a loss', () => watched.state.kind === 'reconnecting');
    t.regex(watched.reason, /^could not connect: .*404/);
  });
  t.regex(source.requests[0]!, /^\/cam\?user=me&token=[0-9a-f]+$/);
});

test('quotes, spaces as %20 and special characters in a password and a path reach the server unchanged', async (t) => {
  const headers: (string | undefined)[] = [];
  await using source = await HttpSource.start((response) => {
    headers.push(response.req.headers.authorization);
    response
      .writeHead(headers.at(-1) === undefined ? 401 : 404, { 'www-authenticate': 'Basic realm="cam"' })
      .end();
  });
  await using watched = watchFeed({
    source: source.url("/it's/../a%20b?x='1'&y=%26", "ad'min:p%40s's%2Fw@"),
  });
  await watched.until('a loss', () => watched.state.kind === 'reconnecting');
  t.is(source.requests.at(-1), "/it's/../a%20b?x='1'&y=%26");
  t.is(Buffer.from(headers.at(-1)!.replace('Basic ', ''), 'base64').toString(), "ad'min:p@s's/w");
});

/** Polls, because there is no event for a connection. */
async function untilSo(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(lookEveryMs);
}

/** Hexadecimal digits that occur nowhere else. */
function secret(): string {
  return randomBytes(8).toString('hex');
}

/** Runs a feed with the most detailed log, and searches for its secrets in all processes, states, reasons and lines. */
async function staysHidden(
  t: ExecutionContext,
  source: string,
  act: (watched: WatchedFeed) => Promise<void>,
  stallS?: number,
): Promise<void> {
  const secrets = source.match(/[0-9a-f]{16}/g) ?? [];
  t.true(secrets.length > 0);
  const lines: string[] = [];
  const log = createLogger(
    { level: 'trace', pretty: false },
    { destination: { write: (line: string) => lines.push(line) } },
  );
  let looks = 0;
  const shown = new Set<string>();
  const looking = setInterval(() => {
    looks++;
    for (const each of secrets) if (processesThatShow(each).length > 0) shown.add(each);
  }, lookEveryMs);
  try {
    await using watched = watchFeed({ source, ...(stallS === undefined ? {} : { stallS }) }, log);
    await act(watched);
    const said = JSON.stringify(watched.states) + lines.join('');
    for (const each of secrets) t.false(said.includes(each), said);
  } finally {
    clearInterval(looking);
  }
  t.true(looks > 0);
  t.deepEqual([...shown], []);
  t.true(lines.length > 0);
}
