import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openSource } from '../../../src/ingest/film/source-input.ts';
import { probe } from '../../../src/ingest/film/probe.ts';
import { surveyFilm } from '../../../src/ingest/film/survey.ts';
import { runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

const { signal } = new AbortController();

/** A film of 12 s with four frames per second and one keyframe. */
async function film(t: ExecutionContext, filters: string, ...encode: string[]): Promise<string> {
  const path = join(await tempFolder(t), 'film.mkv');
  const source = ['-f', 'lavfi', '-i', `color=black:size=64x48:rate=4:duration=12,${filters}`];
  await runFfmpeg([...source, '-c:v', 'libx264', '-g', '1000', '-qp', '4', ...encode, path]);
  return path;
}

test('the survey returns twelve frames in order, one from each twelfth of the film', async (t) => {
  for (const [pixels, unit] of [
    ['yuv420p', 1],
    ['yuv420p10le', 4],
  ] as const) {
    const path = await film(t, `format=${pixels},geq=lum='${unit}*(40+15*floor(T))':cb=128:cr=128`);
    await using input = await openSource(path);
    const { planes } = await surveyFilm(input, await probe(input, signal), { signal, color: true });
    t.is(planes.length, 12);
    for (const [i, { plane }] of planes.entries()) {
      t.is(plane.length, 64 * 48);
      const mean = [...plane].reduce((sum, value) => sum + value, 0) / plane.length;
      t.true(Math.abs(mean / unit - (40 + 15 * i)) < 2, `${pixels}, second ${i}: ${mean}`);
    }
  }
});

test('from a film with many keyframes the survey returns twelve of them, in order', async (t) => {
  const path = await film(t, "format=yuv420p,geq=lum='40+15*floor(T)':cb=128:cr=128", '-g', '4');
  await using input = await openSource(path);
  const { planes } = await surveyFilm(input, await probe(input, signal), { signal, color: true });
  t.deepEqual(
    planes.map(({ plane }) => Math.round((plane[0]! - 40) / 15)),
    Array.from({ length: 12 }, (_, second) => second),
  );
});

test('from a film with a damaged part the survey returns the frames of the rest', async (t) => {
  const path = await film(t, 'format=yuv420p');
  await using input = await openSource(path);
  const source = await probe(input, signal);
  const twice = { ...source, video: { ...source.video, durationS: 24 } };
  t.is((await surveyFilm(input, twice, { signal, color: true })).planes.length, 6);
});

test('a film counts as in colour if a third of it is; gray and tinted films do not count', async (t) => {
  const found = async (path: string, color = true): Promise<boolean> => {
    await using input = await openSource(path);
    return (await surveyFilm(input, await probe(input, signal), { signal, color })).hasColor;
  };
  const painted = (when: string, cb: number): string =>
    `format=yuv420p,geq=lum=120:cb='if(${when},${cb},128)':cr=128`;
  t.true(await found(await film(t, painted('gt(T,8)', 200))));
  t.true(await found(await film(t, painted('lt(T,4)', 60))));
  t.false(await found(await film(t, painted('gte(T,0)', 130))));
  t.false(await found(await film(t, painted('gt(T,8)', 200)), false), 'nobody asked');
});
