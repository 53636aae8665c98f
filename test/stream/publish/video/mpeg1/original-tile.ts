import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { NEVER, Subject, takeUntil, type Observable, type Subscription } from 'rxjs';
import type { SizePx } from '../../../../../src/frame.ts';
import type { Picture } from '../../../../../src/stream/live/pictures/picture.ts';
import { OriginalTile } from '../../../../../src/stream/publish/video/mpeg1/original-tile.ts';
import { FedCamera } from '../../../../helpers/fed-camera.ts';
import { ffmpegsOf, listeningPorts } from '../../../../helpers/child-processes.ts';
import { madePictures } from '../../../../helpers/made-live-pictures.ts';
import { until } from '../../../../helpers/program.ts';
import { runFfmpeg, tempFolder } from '../../../../helpers/run-ffmpeg.ts';

const small: SizePx = { widthPx: 320, heightPx: 180 };
const linux = process.platform === 'linux' ? test.serial : test.serial.skip;
const mine = (): number[] => ffmpegsOf(process.pid).map(({ pid }) => pid);

interface Viewed {
  readonly tile: OriginalTile;
  readonly chunks: Uint8Array[];
  readonly log: string[];
  readonly drops: () => number;
  readonly viewer: Subscription;
}

/** A tile with one viewer, which is disposed of after the test. */
function view(t: ExecutionContext, pictures$: Observable<Picture>, graceMs = 50): Viewed {
  const log: string[] = [];
  const chunks: Uint8Array[] = [];
  let drops = 0;
  const tile = new OriginalTile(
    { id: 'door', originals$: () => pictures$ },
    { graceMs, onLog: (level, text) => log.push(`${level}: ${text}`), onDrop: () => drops++ },
  );
  t.teardown(() => tile[Symbol.asyncDispose]());
  const viewer = tile.chunks$.subscribe((chunk) => chunks.push(chunk));
  return { tile, chunks, log, viewer, drops: () => drops };
}

/** The luma of the decoded pictures: the means of the middle rows of the left and the right half. */
async function decode(chunks: readonly Uint8Array[], { widthPx, heightPx }: SizePx): Promise<number[][]> {
  const args = [
    '-f',
    'mpegts',
    '-i',
    '-',
    '-vf',
    'extractplanes=y',
    '-fps_mode',
    'passthrough',
    '-f',
    'rawvideo',
    '-',
  ];
  const { stdout } = await runFfmpeg(args, { input: chunks });
  const pixels = widthPx * heightPx;
  return Array.from({ length: stdout.length / pixels }, (_, i) => {
    const row = stdout.subarray(
      i * pixels + (heightPx / 2) * widthPx,
      i * pixels + (heightPx / 2 + 1) * widthPx,
    );
    const half = widthPx / 2;
    // Not near the edge between the halves, where MPEG-1 has ringing.
    return [row.subarray(16, half - 32), row.subarray(half + 32, widthPx - 16)].map(
      (part) => part.reduce((sum, sample) => sum + sample, 0) / part.length,
    );
  });
}

async function describe(chunks: readonly Uint8Array[]): Promise<string> {
  const { stdout } = await runFfmpeg(['-f', 'mpegts', '-i', '-', '-c', 'copy', '-f', 'framehash', '-'], {
    input: chunks,
  });
  return [...stdout.toString().matchAll(/^#(?:codec_id|dimensions) 0: (\S+)/gm)]
    .map(([, value]) => value)
    .join(' ');
}

linux('15 pictures a second become MPEG-1 of their size that moves as they do, black to white', async (t) => {
  const { chunks } = view(t, madePictures(() => small, 15).pictures$);
  await until(() => chunks.length >= 45, '45 chunks');
  t.is(await describe(chunks), 'mpeg1video 320x180');
  const levels = await decode(chunks, small);
  t.true(levels.length >= 40, `${levels.length} pictures`);
  const left = levels.map(([level = 0]) => level);
  t.true(Math.max(...left) > 200 && Math.min(...left) < 40, `${Math.min(...left)}..${Math.max(...left)}`);
  // 8 levels of full range are 8 * 219 / 255 of limited range, except where it starts again at black.
  const steps = left.slice(1).map((level, i) => level - (left[i] ?? 0));
  t.true(
    steps.filter((step) => Math.abs(step - 6.87) < 3).length > steps.length * 0.8,
    steps.map(Math.round).join(' '),
  );
  for (const [, right = 0] of levels) t.true(Math.abs(right - 235) < 3, `white is ${right}`);
});

linux('each chunk is whole packets of MPEG-TS, and the first comes within a second', async (t) => {
  const startedMs = performance.now();
  const { chunks } = view(t, madePictures(() => ({ widthPx: 854, heightPx: 480 }), 15).pictures$);
  await until(() => chunks.length > 0, 'a chunk');
  const tookMs = performance.now() - startedMs;
  await until(() => chunks.length >= 30, '30 chunks');
  for (const chunk of chunks) {
    t.is(chunk.length % 188, 0);
    for (let at = 0; at < chunk.length; at += 188) t.is(chunk[at], 0x47);
  }
  t.true(tookMs < 3000, `${tookMs} ms`); // some 400 on an idle machine; with probing it is never under 1300
  t.log(`first chunk after ${Math.round(tookMs)} ms`);
});

linux(
  'no port is opened, and the socket lies in a private folder and disappears with its ffmpeg',
  async (t) => {
    const before = listeningPorts(process.pid);
    const { chunks, viewer } = view(t, madePictures(() => small, 15).pictures$);
    await until(() => chunks.length > 0, 'a chunk');
    const [child] = ffmpegsOf(process.pid);
    t.deepEqual(listeningPorts(process.pid), before);
    t.deepEqual(listeningPorts(child?.pid ?? 0), []);
    const socket = /-i unix:(\S+)/.exec(child?.command ?? '')?.[1] ?? '';
    t.is(statSync(dirname(socket)).mode & 0o777, 0o700);
    viewer.unsubscribe();
    await until(() => !existsSync(dirname(socket)), 'the folder is gone');
  },
);

linux('an ffmpeg that is killed is started again, and the log says why', async (t) => {
  const { chunks, log } = view(t, madePictures(() => small, 15).pictures$);
  await until(() => chunks.length > 5, 'chunks');
  const [first] = mine();
  process.kill(first ?? 0, 'SIGKILL');
  await until(() => mine().some((pid) => pid !== first), 'another ffmpeg');
  chunks.length = 0;
  await until(() => chunks.length > 20, 'chunks again');
  t.is(await describe(chunks), 'mpeg1video 320x180');
  t.deepEqual(log, ['warning: original of door: ffmpeg ended with SIGKILL; restarting in 0.5 s']);
});

linux('all viewers share one ffmpeg; the last one who leaves ends it', async (t) => {
  const pictures = madePictures(() => small, 15);
  const { tile, chunks, viewer } = view(t, pictures.pictures$);
  await until(() => chunks.length > 0, 'a chunk');
  const others: Uint8Array[] = [];
  const other = tile.chunks$.subscribe((chunk) => others.push(chunk));
  await until(() => others.length > 3, 'chunks for the other');
  t.is(others.at(-1), chunks.at(-1), 'the same bytes, not a copy');
  t.is(mine().length, 1);
  viewer.unsubscribe();
  const count = others.length;
  await until(() => others.length > count + 3, 'further chunks for the other');
  other.unsubscribe();
  await until(() => mine().length === 0, 'no ffmpeg is left');
  await until(() => pictures.held() === 0, 'no picture is held');
  // One more picture may be made before the last viewer's departure is noticed; then no more are made.
  let made = -1;
  for (let i = 0; i < 20 && made !== pictures.made(); i++) {
    made = pictures.made();
    await new Promise((resolve) => setTimeout(resolve, 300)); // time for pictures that must not come
  }
  t.is(pictures.made(), made, 'nobody is subscribed to the pictures');
});

linux('a viewer who comes back within the grace finds the same ffmpeg', async (t) => {
  const { tile, chunks, viewer } = view(t, madePictures(() => small, 15).pictures$, 60_000);
  await until(() => chunks.length > 0, 'a chunk');
  const before = mine();
  viewer.unsubscribe();
  const back: Uint8Array[] = [];
  const again = tile.chunks$.subscribe((chunk) => back.push(chunk));
  await until(() => back.length > 3, 'chunks again');
  t.deepEqual(mine(), before);
  again.unsubscribe();
  await tile[Symbol.asyncDispose]();
  t.deepEqual(mine(), [], 'disposal does not wait for the grace');
});

linux('pictures of another size begin a new stream of that size', async (t) => {
  let size = small;
  const { chunks, log } = view(t, madePictures(() => size, 15).pictures$);
  await until(() => chunks.length > 5, 'chunks');
  const [first] = mine();
  size = { widthPx: 480, heightPx: 270 };
  await until(() => mine().length === 1 && mine()[0] !== first, 'another ffmpeg');
  chunks.length = 0;
  await until(() => chunks.length > 10, 'chunks again');
  t.is(await describe(chunks), 'mpeg1video 480x270');
  t.deepEqual(log, [], 'that is no fault');
});

linux(
  'pictures that arrive while ffmpeg is busy are dropped and counted, and at most one is held',
  async (t) => {
    const pictures = madePictures(() => ({ widthPx: 1280, heightPx: 720 }), 30);
    const { chunks, drops } = view(t, pictures.pictures$);
    await until(() => chunks.length > 5, 'chunks');
    const [pid = 0] = mine();
    process.kill(pid, 'SIGSTOP');
    t.teardown(() => mine().includes(pid) && process.kill(pid, 'SIGCONT'));
    await until(() => drops() > 30, '30 drops');
    t.true(pictures.held() <= 1, `${pictures.held()} are held`);
    process.kill(pid, 'SIGCONT');
    const count = chunks.length;
    await until(() => chunks.length > count + 5, 'chunks again');
  },
);

linux('a camera that is removed completes the chunks and leaves no ffmpeg', async (t) => {
  const removed$ = new Subject<void>();
  const { tile, chunks } = view(t, madePictures(() => small, 15).pictures$.pipe(takeUntil(removed$)));
  await until(() => chunks.length > 0, 'a chunk');
  let isComplete = false;
  tile.chunks$.subscribe({ complete: () => (isComplete = true) });
  removed$.next();
  await until(() => isComplete, 'completion');
  t.deepEqual(mine(), []);
});

linux(
  'disposal completes the chunks, also for later subscribers and if there never was a picture',
  async (t) => {
    const { tile } = view(t, NEVER);
    let completed = 0;
    tile.chunks$.subscribe({ complete: () => completed++ });
    await until(() => mine().length === 1, 'an ffmpeg that waits');
    await tile[Symbol.asyncDispose]();
    t.deepEqual(mine(), []);
    t.is(completed, 1);
    tile.chunks$.subscribe({ complete: () => completed++ });
    t.is(completed, 2);
    await tile[Symbol.asyncDispose]();
  },
);

linux(
  'a missing ffmpeg is reported and tried again, and one that was installed meanwhile is used',
  async (t) => {
    const before = process.env['FFMPEG_PATH'];
    process.env['FFMPEG_PATH'] = "/nowhere/it's ffmpeg";
    t.teardown(() => restore(before));
    const { chunks, log } = view(t, madePictures(() => small, 15).pictures$);
    await until(() => log.some((line) => line.includes('restarting in 1 s')), 'two attempts');
    t.true(
      log.some((line) => line.includes("/nowhere/it's ffmpeg")),
      log.join('\n'),
    );
    t.is(log.filter((line) => line.startsWith('warning: ')).length, 2);
    restore(before);
    await until(() => chunks.length > 0, 'a chunk');
  },
);

function restore(path: string | undefined): void {
  if (path === undefined) delete process.env['FFMPEG_PATH'];
  else process.env['FFMPEG_PATH'] = path;
}

/** A program that watches a tile and runs `body` with `tile`, `log` and `chunks`. */
function startWatcher(body: string, env: Record<string, string> = {}): ReturnType<typeof spawn> {
  const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    const { OriginalTile } = await import(${url('../../../../../src/stream/publish/video/mpeg1/original-tile.js')});
    const { madePictures } = await import(${url('../../../../helpers/made-live-pictures.js')});
    const { ffmpegsOf } = await import(${url('../../../../helpers/child-processes.js')});
    const { until } = await import(${url('../../../../helpers/until.js')});
    const fs = await import('node:fs');
    const log = [], chunks = [];
    const pictures$ = madePictures(() => ({ widthPx: 320, heightPx: 180 }), 15).pictures$;
    const tile = new OriginalTile({ id: 'door', originals$: () => pictures$ }, { graceMs: 50, onLog: (level, text) => log.push(text) });
    const watch = () => tile.chunks$.subscribe((chunk) => chunks.push(chunk));
    ${body}`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, ...env } });
}

async function outputOf(
  child: ReturnType<typeof spawn>,
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (data: Buffer) => (texts.stdout += data.toString()));
  child.stderr?.on('data', (data: Buffer) => (texts.stderr += data.toString()));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, ...texts };
}

linux('nothing is written to the console, whatever ffmpeg says and ends with', async (t) => {
  const body = `watch(); await until(() => log.length >= 2, 'two faults'); await tile[Symbol.asyncDispose](); process.stdout.write(log[0]);`;
  const { code, stdout, stderr } = await outputOf(startWatcher(body, { FFMPEG_PATH: 'false' }));
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  t.is(stdout, 'original of door: ffmpeg ended with exit code 1; restarting in 0.5 s');
});

linux('no ffmpeg outlives a program that is killed with -9', async (t) => {
  const env = { TMPDIR: await tempFolder(t) }; // the socket's folder is left behind
  const child = startWatcher(
    `watch(); await until(() => chunks.length > 0, 'a chunk'); console.log(ffmpegsOf(process.pid)[0].pid);`,
    env,
  );
  t.truthy(child.stdout);
  const [line] = (await once(createInterface(child.stdout ?? process.stdin), 'line')) as [string];
  t.true(existsSync(`/proc/${line}`));
  child.kill('SIGKILL');
  await until(() => !existsSync(`/proc/${line}`), 'its ffmpeg is gone');
});

linux('a program without descriptors left goes on, and the tile comes when there are some', async (t) => {
  const body = `
    const open = [];
    try { for (;;) open.push(fs.openSync('/dev/null', 'r')); } catch {}
    for (let n = 0; n < 6; n++) fs.closeSync(open.pop());
    watch();
    await until(() => log.some((text) => text.includes('EMFILE')), 'it is said');
    for (const descriptor of open) fs.closeSync(descriptor);
    await until(() => chunks.length > 0, 'a chunk');
    await tile[Symbol.asyncDispose]();
    process.stdout.write('came');`;
  const { code, stdout, stderr } = await outputOf(startWatcher(body));
  t.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'came', stderr: '' });
});

test('the size of the original is that of the MPEG-1 picture, not of the camera', (t) => {
  const camera = new FedCamera('door');
  const tile = new OriginalTile(camera, { onLog: () => undefined });
  t.deepEqual(tile.size, { widthPx: 320, heightPx: 180 });
  camera.tell({ size: { widthPx: 1280, heightPx: 720 } });
  t.deepEqual(tile.size, { widthPx: 854, heightPx: 480 });
  camera.tell({ size: undefined });
  t.is(tile.size, undefined);
});
