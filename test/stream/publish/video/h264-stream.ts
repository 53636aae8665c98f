import test, { type ExecutionContext } from 'ava';
import { readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Subscription } from 'rxjs';
import type { AccessUnit } from '../../../../src/stream/publish/video/access-unit.ts';
import { nalType, nalTypes } from '../../../../src/stream/publish/video/nal-units.ts';
import type { Picture } from '../../../../src/stream/live/pictures/picture.ts';
import {
  openVideoStream,
  type VideoStreamOptions,
} from '../../../../src/stream/publish/video/h264-stream.ts';
import type { VideoFragment, VideoStream } from '../../../../src/stream/publish/video/video-stream.ts';
import { MadeFeed } from '../../../helpers/made-feed.ts';
import { ffmpegsNaming, until } from '../../../helpers/program.ts';
import { probeCsv, runFfmpeg, tempFolder } from '../../../helpers/run-ffmpeg.ts';

const size = { widthPx: 96, heightPx: 64 };
const gray: readonly [number, number, number] = [110, 128, 128];
const frameMs = 1000 / 15;
/** These are not whole milliseconds, to check that times are exact. */
const startMs = 1_750_000_000_000.125;
let sceneCount = 0;

type Fill = readonly [y: number, cb: number, cr: number];

test('every picture becomes one access unit and one fragment with its own capture time', async (t) => {
  const scene = await openScene(t);
  const shown = await scene.showPaced(30);
  await scene.stream[Symbol.asyncDispose]();
  t.deepEqual(
    scene.units.map((unit) => unit.capturedMs),
    shown.map((picture) => picture.capturedMs),
  );
  t.deepEqual(
    scene.fragments.map(({ capturedMs, sequence }) => ({ capturedMs, sequence })),
    shown.map(({ capturedMs, sequence }) => ({ capturedMs, sequence })),
  );
  t.is(scene.dropped, 0);
  t.is(scene.feed.held, 0);
});

test('init and fragments together are a film that ffmpeg decodes: each picture once, at its time', async (t) => {
  const scene = await openScene(t);
  const shown = await scene.showPaced(30);
  await scene.stream[Symbol.asyncDispose]();
  const film = await scene.write(t);
  const { stdout } = await runFfmpeg([
    ...['-i', film, '-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framemd5', '-'],
  ]);
  t.is(stdout.toString().match(/^0,/gm)?.length, 30);
  const times = (await probeCsv(film, '-show_entries', 'packet=pts_time')).map(Number.parseFloat);
  for (const [i, time] of times.entries()) {
    const expectedS = ((shown[i]?.capturedMs ?? NaN) - startMs) / 1000;
    t.true(Math.abs(time - expectedS) < 0.0001, `picture ${i}: expected ${expectedS} s but got ${time}`);
  }
  t.is(times.length, 30);
});

test('the film declares colour space, range and profile, and that its colour is synthetic', async (t) => {
  const scene = await openScene(t);
  await scene.showPaced(3);
  await scene.stream[Symbol.asyncDispose]();
  const film = await scene.write(t);
  const entries = 'stream=profile,level,has_b_frames,color_range,color_space,color_transfer,color_primaries';
  const [line] = await probeCsv(film, '-show_entries', entries);
  t.regex(line ?? '', /^Main,0,\d+,tv,smpte170m,smpte170m,smpte170m$/);
  const level = Number(line?.split(',')[2]).toString(16).toUpperCase().padStart(2, '0');
  t.deepEqual(await probeCsv(film, '-show_entries', 'format_tags=comment'), [scene.comment]);
  t.is(scene.fragments[0]?.init.mimeType, `video/mp4; codecs="avc1.4D40${level}"`);
});

test("the stream declares the camera's rate, and starts again once it is known", async (t) => {
  let fps: number | undefined;
  const scene = await openScene(t, { fps: () => fps });
  await scene.showPaced(2);
  fps = 10;
  const before = scene.units.length;
  await until(() => {
    scene.feed.show(scene.nextMs(), size, [90, 128, 128]);
    return scene.units.length > before;
  }, 'the next encoder has started');
  await scene.showPaced(2);
  fps = 11;
  await scene.showPaced(2);
  await scene.stream[Symbol.asyncDispose]();
  const rates: string[] = [];
  for (const init of new Set(scene.fragments.map((fragment) => fragment.init))) {
    const film = await writeFilm(
      t,
      scene.fragments.filter((fragment) => fragment.init === init),
    );
    const { stderr } = await runFfmpeg([
      ...['-loglevel', 'verbose', '-i', film, '-c', 'copy', '-bsf:v', 'trace_headers', '-f', 'null', '-'],
    ]);
    const value = (name: string): number => Number(new RegExp(`${name} .* = (\\d+)`).exec(stderr)?.[1]);
    rates.push(String(value('time_scale') / value('num_units_in_tick') / 2));
  }
  t.deepEqual(rates, ['25', '10']);
});

test('colours survive the conversion from full to limited range within 2 levels', async (t) => {
  const scene = await openScene(t);
  await scene.showPaced(3, [200, 90, 170]);
  await scene.stream[Symbol.asyncDispose]();
  const film = await scene.write(t);
  const { stdout } = await runFfmpeg([
    ...['-i', film, '-vf', 'scale=in_range=tv:out_range=pc', '-pix_fmt', 'yuvj420p'],
    ...['-frames:v', '1', '-f', 'rawvideo', '-'],
  ]);
  const luma = size.widthPx * size.heightPx;
  for (const [place, expected] of [
    [luma / 2, 200],
    [luma * 1.1, 90],
    [luma * 1.4, 170],
  ] as const) {
    const got = stdout[Math.floor(place)] ?? NaN;
    t.true(Math.abs(got - expected) <= 2, `expected ${expected} but got ${got}`);
  }
});

test('a new viewer starts with a keyframe that is made for it', async (t) => {
  const scene = await openScene(t);
  // The next regular keyframe is 30 pictures (2 s) away, and two keyframes are at least 0.5 s apart.
  await scene.showPaced(4);
  const late: AccessUnit[] = [];
  const watching = scene.stream.accessUnits$.subscribe((unit) => late.push(unit));
  const before = scene.units.length;
  await scene.showPaced(4);
  watching.unsubscribe();
  t.true(late[0]?.isKeyframe);
  t.true(late.length >= 3, `${late.length} of the ${scene.units.length - before} pictures since it came`);
  await scene.stream[Symbol.asyncDispose]();
});

test('SPS and PPS come before each keyframe, and every 2 s is a keyframe', async (t) => {
  const scene = await openScene(t);
  await scene.showPaced(50);
  await scene.stream[Symbol.asyncDispose]();
  const keyframes = scene.units.flatMap((unit, i) => (unit.isKeyframe ? [i] : []));
  t.is(keyframes[0], 0);
  t.is(keyframes.at(-1)! - keyframes.at(-2)!, 30);
  for (const unit of scene.units.filter((one) => one.isKeyframe)) {
    const types = unit.nals.map(nalType).filter((type) => type !== 6);
    t.deepEqual(types.slice(0, 3), [nalTypes.sps, nalTypes.pps, nalTypes.idr]);
  }
  t.deepEqual(
    scene.fragments.map((fragment) => fragment.isKeyframe),
    scene.units.map((unit) => unit.isKeyframe),
  );
});

test('ffmpeg runs while somebody watches, once for all, and ends after the last', async (t) => {
  const scene = await openScene(t, { graceMs: 0 });
  await scene.showPaced(2);
  t.is(ffmpegsNaming(scene.comment).length, 1);
  t.deepEqual(scene.feed.wishes, [{ heightPx: 360, isMarked: true }]);
  scene.leave();
  await until(() => ffmpegsNaming(scene.comment).length === 0, 'no ffmpeg is left');
  t.false(scene.feed.isWatched);
  await scene.join();
  await scene.showPaced(2);
  t.is(ffmpegsNaming(scene.comment).length, 1);
  await scene.stream[Symbol.asyncDispose]();
  t.is(ffmpegsNaming(scene.comment).length, 0);
  t.is(scene.feed.held, 0);
});

test('pictures of another size start a new film; pictures dropped meanwhile are counted', async (t) => {
  const scene = await openScene(t);
  await scene.showPaced(3);
  const bigger = { widthPx: 128, heightPx: 96 };
  const before = scene.units.length;
  let shown = 0;
  await until(() => {
    scene.feed.show(scene.nextMs(), bigger, gray);
    shown++;
    return scene.fragments.some((fragment) => fragment.size.widthPx === 128);
  }, 'a fragment of the new size');
  await scene.stream[Symbol.asyncDispose]();
  const [old, ...others] = new Set(scene.fragments.map((fragment) => fragment.init));
  t.is(others.length, 1);
  t.not(old?.data, others[0]?.data);
  t.true(scene.fragments.find((fragment) => fragment.size.widthPx === 128)?.isKeyframe);
  t.is(scene.units.length - before + scene.dropped, shown);
  t.is(scene.feed.held, 0);
});

test('pictures of another model start a new film, which names the model', async (t) => {
  let comment = 'made by model 1';
  const scene = await openScene(t, { metadata: () => ({ comment }) });
  await scene.showPaced(3);
  comment = 'made by model 2';
  await until(() => {
    scene.feed.show(scene.nextMs(), size, gray);
    return new Set(scene.fragments.map((fragment) => fragment.init)).size === 2;
  }, 'a fragment of the new film');
  await scene.stream[Symbol.asyncDispose]();
  const next = scene.fragments.filter((fragment) => fragment.init !== scene.fragments[0]?.init);
  t.true(next[0]?.isKeyframe);
  t.deepEqual(await probeCsv(await writeFilm(t, next), '-show_entries', 'format_tags=comment'), [comment]);
  t.is(scene.feed.held, 0);
});

test('an ffmpeg that is killed restarts, and the log says so', async (t) => {
  const scene = await openScene(t);
  await scene.showPaced(3);
  for (const pid of pidsNaming(scene.comment)) process.kill(pid, 'SIGKILL');
  const before = scene.units.length;
  await until(() => {
    scene.feed.show(scene.nextMs(), size, gray);
    return scene.units.length > before + 3;
  }, 'access units of the next ffmpeg');
  t.true(scene.units[before]?.isKeyframe);
  t.regex(scene.warnings.join('\n'), /^H\.264 encoder of "gate": ffmpeg ended .*restarting in 1 s$/m);
  t.true(scene.dropped > 0);
  await scene.stream[Symbol.asyncDispose]();
  t.is(scene.feed.held, 0);
});

test('pictures that arrive faster than ffmpeg reads are dropped, counted and released', async (t) => {
  const scene = await openScene(t);
  const huge = { widthPx: 1280, heightPx: 720 };
  const data = new Uint8Array(huge.widthPx * huge.heightPx * 1.5).fill(128);
  for (let i = 0; i < 200; i++) {
    scene.feed.showData(scene.nextMs(), huge, data);
    t.true(scene.feed.held <= 2);
  }
  await until(() => scene.units.length + scene.dropped === 200, 'every picture was encoded or counted');
  t.true(scene.units.length > 0 && scene.dropped > 100, `${scene.units.length} and ${scene.dropped}`);
  await until(() => scene.feed.held === 0, 'every picture was given back');
  await scene.stream[Symbol.asyncDispose]();
});

test("a camera's removal completes both streams, after its last picture", async (t) => {
  const scene = await openScene(t);
  let completed = 0;
  scene.stream.fragments$.subscribe({ complete: () => completed++ });
  scene.stream.accessUnits$.subscribe({ complete: () => completed++ });
  await scene.showPaced(5);
  scene.feed.end();
  await until(() => completed === 2, 'both completed');
  t.is(scene.fragments.length, 5);
  t.is(ffmpegsNaming(scene.comment).length, 0);
});

/** A made camera, its stream, and everything that the stream delivered. */
class Scene {
  readonly feed = new MadeFeed();
  readonly units: AccessUnit[] = [];
  readonly fragments: VideoFragment[] = [];
  readonly warnings: string[] = [];
  /** A text in the arguments of its ffmpeg. */
  readonly comment = `synthetic scene ${process.pid}-${sceneCount++}`;
  readonly stream: VideoStream & AsyncDisposable;
  dropped = 0;
  private shown = 0;
  private watching: Subscription[] = [];

  constructor(options: Partial<VideoStreamOptions>) {
    this.stream = openVideoStream(this.feed, {
      heightPx: 360,
      isMarked: true,
      bitrateKbps: 500,
      onDrop: (count) => (this.dropped += count),
      log: { warn: (text) => this.warnings.push(text) },
      metadata: () => ({ comment: this.comment }),
      ...options,
    });
  }

  async join(): Promise<void> {
    this.watching = [
      this.stream.accessUnits$.subscribe((unit) => this.units.push(unit)),
      this.stream.fragments$.subscribe((fragment) => this.fragments.push(fragment)),
    ];
    await until(() => this.feed.isWatched, 'the pictures are wanted');
  }

  leave(): void {
    for (const subscription of this.watching) subscription.unsubscribe();
  }

  /** The capture time of the next picture, ms since the epoch. */
  nextMs(): number {
    return startMs + this.shown++ * frameMs;
  }

  /** Shows pictures of one colour or of changing colours, each after the previous one has been encoded. */
  async showPaced(count: number, fill?: Fill): Promise<Picture[]> {
    const pictures: Picture[] = [];
    for (let i = 0; i < count; i++) {
      const before = this.units.length;
      pictures.push(this.feed.show(this.nextMs(), size, fill ?? [60 + ((this.shown * 37) % 128), 128, 128]));
      await until(() => this.units.length > before, 'the picture was encoded');
    }
    return pictures;
  }

  /** Everything that the stream has delivered so far, as a film. */
  write(t: ExecutionContext): Promise<string> {
    return writeFilm(t, this.fragments);
  }
}

async function writeFilm(t: ExecutionContext, fragments: readonly VideoFragment[]): Promise<string> {
  const film = join(await tempFolder(t), 'film.mp4');
  await writeFile(film, [fragments[0]?.init.data ?? '', ...fragments.map((fragment) => fragment.data)]);
  return film;
}

async function openScene(t: ExecutionContext, options: Partial<VideoStreamOptions> = {}): Promise<Scene> {
  const scene = new Scene(options);
  t.teardown(() => scene.stream[Symbol.asyncDispose]());
  await scene.join();
  return scene;
}

function pidsNaming(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').includes(text);
      } catch {
        return false; // it ended in the meantime
      }
    })
    .map(Number);
}
