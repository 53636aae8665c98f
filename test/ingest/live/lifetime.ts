import test from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { areGoneWithin, childrenOf, isRunning } from '../../helpers/processes.ts';
import { startTestCamera } from '../../helpers/test-camera.ts';
import { until } from '../../helpers/until.ts';
import { watchFeed } from '../../helpers/watched-feed.ts';

const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip;

onLinux('after disposal, even while connecting, no process and no buffer is left', async (t) => {
  await using camera = await startTestCamera();
  await using silent = await startTestCamera();
  await silent.goSilent();
  const before = childrenOf(process.pid);
  const live = watchFeed({ source: camera.url });
  const hanging = watchFeed({ source: silent.url });
  await live.untilFrames(5);
  const own = childrenOf(process.pid).filter((pid) => !before.includes(pid));
  t.is(own.length, 2);
  await until(() => silent.connections.now === 1, 'the connection that hangs');
  const startMs = performance.now();
  await Promise.all([live[Symbol.asyncDispose](), hanging[Symbol.asyncDispose]()]);
  t.true(performance.now() - startMs < 2000, 'nobody had to be killed');
  t.deepEqual(own.filter(isRunning), []);
  t.is(live.out, 0);
  await live[Symbol.asyncDispose]();
});

test.serial('disposal between two attempts is immediate and completes the states', async (t) => {
  const watched = watchFeed({ source: 'rtsp://127.0.0.1:9/nobody' });
  let completed = 0;
  watched.feed.frames$.subscribe({ complete: () => completed++ });
  watched.feed.state$.subscribe({ complete: () => completed++ });
  await watched.until('a loss', () => watched.state.kind === 'reconnecting');
  const startMs = performance.now();
  await watched[Symbol.asyncDispose]();
  t.true(performance.now() - startMs < 200);
  t.is(completed, 2);
});

test.serial('frames that nobody needs are released', async (t) => {
  await using camera = await startTestCamera();
  await using watched = watchFeed({ source: camera.url });
  await watched.untilFrames(3);
  watched.leave();
  const taken = watched.acquired;
  await watched.until('frames that are still read', () => watched.acquired > taken + 5);
  t.true(watched.out <= 1, 'at most the one that is being read');
});

const guards = existsSync('/usr/bin/setpriv') ? onLinux : test.serial.skip;

guards(
  'a program that is killed with -9 leaves no ffmpeg, not even one that hangs in its connection',
  async (t) => {
    await using camera = await startTestCamera();
    await using silent = await startTestCamera();
    await silent.goSilent();
    const parent = spawn(
      process.execPath,
      ['--input-type=module', '-e', feedsScript([camera.url, silent.url])],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    t.teardown(() => parent.kill('SIGKILL'));
    const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
    t.is(line, 'live');
    const children = childrenOf(parent.pid!);
    t.is(children.length, 2);
    await until(() => silent.connections.now === 1, 'the connection that hangs');
    parent.kill('SIGKILL');
    await once(parent, 'close');
    t.true(await areGoneWithin(children, 3000));
  },
);

/** A program that opens a feed for each source and prints a line when the first is live. */
function feedsScript(sources: readonly string[]): string {
  const module = new URL('../../helpers/watched-feed.js', import.meta.url).href;
  return `
    const { watchFeed } = await import(${JSON.stringify(module)});
    const feeds = ${JSON.stringify(sources)}.map((source) => watchFeed({ source }));
    await feeds[0].untilFrames(3);
    console.log('live');
  `;
}
