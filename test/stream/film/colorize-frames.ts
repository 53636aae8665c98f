import test from 'ava';
import { from } from 'rxjs';
import {
  colorizeFrames,
  type ColorizedFrame,
  type FrameOptions,
} from '../../../src/stream/film/colorize-frames.ts';
import { openFilmResources, type FilmResources } from '../../../src/stream/film/film-resources.ts';
import { runFfmpeg } from '../../helpers/run-ffmpeg.ts';

const size = { widthPx: 96, heightPx: 72 };
const options: FrameOptions = { size, networkSize: 64 };
let resources: FilmResources & AsyncDisposable;

test.before(async () => {
  resources = await openFilmResources({ model: 'starter', device: 'cpu' });
});
test.after.always(() => resources[Symbol.asyncDispose]());

test('each frame is delivered once and in order, with its own luma and with colour', async (t) => {
  const luma = await planes();
  const colored = await all(colorizeFrames(luma, { ...options, resources }));
  t.deepEqual(
    colored.map(({ index }) => index),
    luma.map((_, index) => index),
  );
  t.true(colored.every((frame) => frame.luma === luma[frame.index]));
  t.true(colored.every(({ cb, cr }) => cb.length === 48 * 36 && cr.length === 48 * 36));
  const codes = Array.from(colored[15]!.cb);
  const distance = codes.reduce((sum, code) => sum + Math.abs(code - 128), 0) / codes.length;
  t.true(distance > 1, `chroma is ${distance.toFixed(1)} codes from neutral`);
  t.deepEqual([colored[0]!.isSceneStart, colored[0]!.scene, colored[1]!.isSceneStart], [true, 0, false]);
});

test('an Observable and an async iterable give the same colour as an array', async (t) => {
  const luma = await planes();
  const [first, ...others] = await Promise.all(
    [luma, from(luma), later(luma)].map((frames) => all(colorizeFrames(frames, { ...options, resources }))),
  );
  for (const other of others) t.deepEqual(other, first);
});

test('leaving the loop early stops the reading of frames', async (t) => {
  const luma = await planes();
  let isClosed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (let i = 0; ; i++) yield await Promise.resolve(luma[i % luma.length]!);
    } finally {
      isClosed = true;
    }
  }
  for await (const { index } of colorizeFrames(endless(), { ...options, resources })) if (index === 3) break;
  await new Promise(setImmediate);
  t.true(isClosed);
});

test('a plane of the wrong length or type is refused, and the message names the frame', async (t) => {
  const wrong = [new Uint8Array(96 * 72), new Uint8Array(5)];
  await t.throwsAsync(all(colorizeFrames(wrong, { ...options, resources })), {
    code: 'USAGE',
    message: /frame 1: expected a Uint8Array of 96 x 72 = 6912 luma samples but got a Uint8Array of 5/,
  });
});

async function all(frames: AsyncIterable<ColorizedFrame>): Promise<ColorizedFrame[]> {
  const colored: ColorizedFrame[] = [];
  for await (const frame of frames) colored.push(frame);
  return colored;
}

async function* later(luma: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const plane of luma) yield await Promise.resolve(plane);
}

/** Forty frames of a film. */
async function planes(): Promise<Uint8Array[]> {
  const { stdout } = await runFfmpeg([
    ...['-i', 'samples/his_girl_friday.mp4', '-frames:v', '40', '-vf', 'scale=96:72,format=gray'],
    ...['-f', 'rawvideo', '-'],
  ]);
  const bytes = size.widthPx * size.heightPx;
  return Array.from(
    { length: stdout.length / bytes },
    (_, i) => new Uint8Array(stdout.subarray(i * bytes, (i + 1) * bytes)),
  );
}
