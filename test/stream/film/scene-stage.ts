import test from 'ava';
import { from, lastValueFrom, toArray } from 'rxjs';
import type { SceneFrame, SmallFrame } from '../../../src/stream/film/film-frame.ts';
import { FramePool } from '../../../src/stream/film/frame-pool.ts';
import { pixelMath } from '../../../src/stream/pixels/pixel-math.ts';
import { groupScenes } from '../../../src/stream/film/scene-stage.ts';
import { squash, type PaletteNetwork } from '../../../src/stream/palette.ts';
import { runFfmpeg } from '../../helpers/run-ffmpeg.ts';

const size = { widthPx: 96, heightPx: 72 };
const area = size.widthPx * size.heightPx;
/** In the film below, each shot is out of focus except for one frame within its first twelve and one later frame. */
const [cutAt, sharp, late] = [20, [4, 27], [16, 36]];

test('a scene’s palette comes from the sharpest of its first twelve frames', async (t) => {
  const frames = await film();
  const asked: Uint8Array[] = [];
  const grouped = await group(frames, asked);
  t.deepEqual(
    grouped.map(({ index, scene }) => [index, scene.number]),
    frames.map(({ index }) => [index, index < cutAt ? 0 : 1]),
  );
  await Promise.all(grouped.map(({ scene }) => scene.condition));
  const squashed = await Promise.all(frames.map(({ small }) => squash(small, size, network.embeddingSide)));
  t.deepEqual(
    asked.map((picture) => squashed.findIndex(([plain]) => Buffer.compare(plain, picture) === 0)),
    sharp,
  );
});

test('a scene with fewer frames does not wait for more, and the last frames of a film get a palette too', async (t) => {
  const frames = await film();
  const asked: Uint8Array[] = [];
  const grouped = await group(frames.slice(0, 3), asked);
  await Promise.all(grouped.map(({ scene }) => scene.condition));
  t.is(grouped.length, 3);
  t.is(asked.length, 1);
});

test('every frame carries the state from which a detector resumes, also at the end of a film', async (t) => {
  const frames = await film();
  const states = (await group(frames, [])).map(({ cutState }) => cutState);
  t.is(states.length, frames.length);
  t.deepEqual(
    states.slice(0, cutAt + 1),
    (await group(frames.slice(0, cutAt + 8), [])).map((one) => one.cutState).slice(0, cutAt + 1),
  );
  t.true(states.every((state) => typeof state === 'object' && state !== null));
});

test('frames that wait for a palette get its error, and nothing else ends', async (t) => {
  const fault = new Error('no palette');
  const stage = groupScenes(
    { smallSize: size },
    {
      network: { ...network, embed: () => Promise.reject(fault) },
      math: pixelMath(),
      release: () => undefined,
    },
  );
  const grouped = await lastValueFrom(from(await film()).pipe(stage, toArray()));
  await new Promise(setImmediate); // an unhandled rejection would end the process here
  t.is(await t.throwsAsync(grouped[0]!.scene.condition), fault);
});

/** Returns the picture itself as its embedding. */
const network: PaletteNetwork = {
  embeddingSide: 96,
  embed: (pictures) => Promise.resolve(pictures.map((picture) => Float32Array.from(picture))),
  condition: (embedding) => embedding,
};

/** @param asked - receives the squashed picture from which each scene's palette is made */
function group(frames: readonly SmallFrame[], asked: Uint8Array[]): Promise<SceneFrame[]> {
  const embed: PaletteNetwork['embed'] = (pictures) => {
    asked.push(...pictures.slice(0, 1));
    return network.embed(pictures);
  };
  const stage = groupScenes(
    { smallSize: size },
    { math: pixelMath(), network: { ...network, embed }, release: () => undefined },
  );
  return lastValueFrom(from(frames).pipe(stage, toArray()));
}

/** Two shots of 20 frames. */
async function film(): Promise<SmallFrame[]> {
  const isSharp = [...sharp, ...late].map((index) => `eq(n\\,${index})`).join('+');
  const shots = `movie=samples/his_girl_friday.mp4,fps=24,scale=96:72,setsar=1,format=gray,trim=end_frame=20,setpts=N[a];
    mandelbrot=s=96x72:r=24:maxiter=60,format=gray,setsar=1,trim=end_frame=20,setpts=N[b];[a][b]concat,setpts=N`;
  const { stdout } = await runFfmpeg([
    ...['-filter_complex', `${shots},gblur=sigma=3:enable='not(${isSharp})'[out]`],
    ...['-map', '[out]', '-f', 'rawvideo', '-fps_mode', 'passthrough', '-'],
  ]);
  const layout = { ...size, bitDepth: 8, range: 'full', chroma: '420', interlaced: false } as const;
  const pool = new FramePool({ layout, smallSize: size }, { capacity: 1, threads: 1 });
  const buffer = await pool.acquire();
  return Array.from({ length: stdout.length / area }, (_, index) => ({
    index,
    pts: index,
    fields: 'progressive',
    buffer,
    spread: undefined,
    small: new Uint8Array(stdout.subarray(index * area, (index + 1) * area)),
  }));
}
