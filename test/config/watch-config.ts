import { appendFile, cp, mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadConfig, type LoadedConfig } from '../../src/config/load-config.ts';
import { watchConfig, type ConfigWatch } from '../../src/config/watch-config.ts';
import { AppError } from '../../src/errors.ts';
import { until } from '../helpers/program.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

const withFps = (fps: number | string): string =>
  `cameras:\n  door:\n    source: test:testsrc2\n    fps: ${fps}\n`;

interface Watched {
  readonly watch: ConfigWatch;
  /** The frame rates of the configs that arrived, and the codes of the faults. */
  readonly seen: readonly (number | string | undefined)[];
  /** Waits for the next config or fault. */
  readonly next: () => Promise<number | string | undefined>;
}

async function watching(t: ExecutionContext, file: string): Promise<Watched> {
  const watch = watchConfig(await loadConfig(file, { env: {} }), { env: {} });
  const seen: (number | string | undefined)[] = [];
  const subscription = watch.changes$.subscribe((change) => seen.push(told(change)));
  t.teardown(async () => {
    subscription.unsubscribe();
    await watch[Symbol.asyncDispose]();
  });
  let taken = 0;
  const next = async (): Promise<number | string | undefined> => {
    await until(() => seen.length > taken, `change ${taken + 1}`);
    return seen[taken++];
  };
  return { watch, seen, next };
}

function told(change: LoadedConfig | AppError): number | string | undefined {
  return change instanceof AppError ? change.code : change.config.cameras['door']?.fps;
}

async function startWith(t: ExecutionContext, fps = 1): Promise<Watched & { file: string; folder: string }> {
  const folder = await tempFolder(t);
  const file = join(folder, 'c.yaml');
  await writeFile(file, withFps(fps));
  return { ...(await watching(t, file)), file, folder };
}

test('a file that is written again is loaded', async (t) => {
  const { file, next } = await startWith(t);
  for (const fps of [2, 3, 4]) {
    await writeFile(file, withFps(fps));
    t.is(await next(), fps);
  }
});

test('a file that another one replaces by renaming is loaded, each time', async (t) => {
  const { file, folder, next } = await startWith(t);
  for (const fps of [2, 3, 4]) {
    await writeFile(join(folder, '.c.yaml.swp'), withFps(fps));
    await rename(join(folder, '.c.yaml.swp'), file);
    t.is(await next(), fps);
  }
});

test('an editor that moves the file away and writes a new one is followed', async (t) => {
  const { file, next } = await startWith(t);
  for (const fps of [2, 3]) {
    await rename(file, `${file}~`);
    await writeFile(file, withFps(fps));
    t.is(await next(), fps);
  }
});

test('links that are swapped as in Kubernetes are followed', async (t) => {
  const folder = await tempFolder(t);
  const volume = async (name: string, fps: number): Promise<void> => {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'c.yaml'), withFps(fps));
    await symlink(name, join(folder, '..tmp'));
    await rename(join(folder, '..tmp'), join(folder, '..data'));
  };
  await volume('..1', 1);
  await symlink('..data/c.yaml', join(folder, 'c.yaml'));
  const { next } = await watching(t, join(folder, 'c.yaml'));
  for (const n of [2, 3, 4]) {
    await volume(`..${n}`, n);
    await rm(join(folder, `..${n - 1}`), { recursive: true });
    t.is(await next(), n);
  }
});

test('the target of a link is watched, even after the link points elsewhere', async (t) => {
  const folder = await tempFolder(t);
  for (const n of [1, 2]) {
    await mkdir(join(folder, `release${n}`));
    await writeFile(join(folder, `release${n}/c.yaml`), withFps(n));
  }
  await symlink('release1', join(folder, 'current'));
  const { next } = await watching(t, join(folder, 'current/c.yaml'));
  await writeFile(join(folder, 'release1/c.yaml'), withFps(10));
  t.is(await next(), 10);
  await symlink('release2', join(folder, 'new'));
  await rename(join(folder, 'new'), join(folder, 'current'));
  t.is(await next(), 2);
  await writeFile(join(folder, 'release2/c.yaml'), withFps(20));
  t.is(await next(), 20);
});

test('a faulty or missing file is reported, and the last good config stays in force', async (t) => {
  const { file, watch, next } = await startWith(t);
  await writeFile(file, withFps('fast'));
  t.is(await next(), 'CONFIG_INVALID');
  t.is(watch.current.config.cameras['door']?.fps, 1);
  await unlink(file);
  t.is(await next(), 'INPUT_MISSING');
  t.is(watch.current.config.cameras['door']?.fps, 1);
  await writeFile(file, withFps(2));
  t.is(await next(), 2);
  t.is(watch.current.config.cameras['door']?.fps, 2);
});

test('writing the same text again is no change, except after a fault', async (t) => {
  const { file, folder, seen, next } = await startWith(t);
  await writeFile(file, withFps(1));
  await writeFile(join(folder, 'other.txt'), 'x');
  await writeFile(file, withFps('x'));
  t.is(await next(), 'CONFIG_INVALID');
  await writeFile(file, withFps(1));
  t.is(await next(), 1);
  t.deepEqual(seen, ['CONFIG_INVALID', 1]);
});

test('a reload on demand loads the file, changed or not, and also an earlier change', async (t) => {
  const { file, watch, next } = await startWith(t);
  watch.reload();
  t.is(await next(), 1);
  await writeFile(file, withFps(2));
  watch.reload();
  t.is(await next(), 2);
});

test('a file that changed between loading and watching is loaded', async (t) => {
  const file = join(await tempFolder(t), 'c.yaml');
  await writeFile(file, withFps(1));
  const loaded = await loadConfig(file, { env: {} });
  await writeFile(file, withFps(2));
  await using watch = watchConfig(loaded, { env: {} });
  const seen: unknown[] = [];
  const subscription = watch.changes$.subscribe((change) => seen.push(told(change)));
  await until(() => seen.length > 0, 'the change');
  subscription.unsubscribe();
  t.deepEqual(seen, [2]);
});

test('constant writing in the folder does not delay a change', async (t) => {
  const { file, folder, next } = await startWith(t);
  const stop = new AbortController();
  const writing = (async () => {
    while (!stop.signal.aborted) {
      await appendFile(join(folder, 'log.txt'), 'x');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  await writeFile(file, withFps(2));
  t.is(await next(), 2);
  stop.abort();
  await writing;
});

test('disposal completes the changes and ends the watch', async (t) => {
  const { watch, file, folder } = await startWith(t);
  let isComplete = false;
  watch.changes$.subscribe({ complete: () => (isComplete = true) });
  await watch[Symbol.asyncDispose]();
  t.true(isComplete);
  await watch[Symbol.asyncDispose]();
  await cp(file, join(folder, 'copy.yaml'));
  watch.reload(); // there is no subscriber any more
});
