import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { listCandidates } from '../../../../src/train/dataset/candidates.ts';
import { takeFilmFrames } from '../../../../src/train/dataset/pictures/film-frames.ts';
import { findSources } from '../../../../src/train/dataset/find-sources.ts';
import type { Candidate } from '../../../../src/train/dataset/survey.ts';
import { ffmpegPath, runFfmpeg, tempFolder } from '../../../helpers/run-ffmpeg.ts';

const { signal } = new AbortController();

/** Makes a film of one second from a filter graph. */
async function makeFilm(t: ExecutionContext, graph: string, ...options: readonly string[]): Promise<string> {
  const film = join(await tempFolder(t), 'film.mkv');
  await runFfmpeg(['-f', 'lavfi', '-i', graph, '-t', '1', ...options, film]);
  return film;
}

async function firstPixel(path: string): Promise<number[]> {
  const { data } = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return [...data.subarray(0, 3)];
}

const keepsColor = test.macro<[string, string, readonly string[]]>({
  async exec(t, _what, filter, tags) {
    const graph = `color=c=0xC83C28:s=320x180:r=10,format=gbrp,${filter}`;
    const film = await makeFilm(t, graph, '-c:v', 'ffv1', ...tags);
    const frames = await takeFilmFrames(film, join(await tempFolder(t), 'f'), {
      count: 2,
      shortSidePx: 96,
      bars: 'cut',
      signal,
    });
    for (const [i, value] of (await firstPixel(frames[0]?.path ?? '')).entries())
      t.true(Math.abs(value - ([0xc8, 0x3c, 0x28][i] ?? 0)) <= 3, String(value));
  },
  title: (_, what) => `a colour comes through ${what}`,
});

test.serial(keepsColor, 'BT.709, limited range', 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p', [
  '-colorspace',
  'bt709',
  '-color_range',
  'tv',
]);
test.serial(keepsColor, 'BT.601, full range', 'scale=out_color_matrix=bt601:out_range=pc,format=yuv420p', [
  '-colorspace',
  'smpte170m',
  '-color_range',
  'pc',
]);
test.serial(
  keepsColor,
  'a small film that does not say its matrix',
  'scale=out_color_matrix=bt601:out_range=tv,format=yuv420p',
  ['-color_range', 'tv'],
);
test.serial(keepsColor, "R'G'B'", 'null', []);

test.serial('pictures are taken evenly from the film and shrunk to twice the short side', async (t) => {
  const film = await makeFilm(t, 'testsrc2=s=640x360:r=30', '-c:v', 'ffv1');
  const frames = await takeFilmFrames(film, join(await tempFolder(t), 'f'), {
    count: 5,
    shortSidePx: 96,
    bars: 'cut',
    signal,
  });
  t.deepEqual(
    frames.map(({ seconds }) => Number(seconds.toFixed(3))),
    [0, 0.2, 0.4, 0.6, 0.8],
  );
  t.like(await sharp(frames[0]?.path).metadata(), { width: 341, height: 192 });
});

test.serial('a film with too few pictures gives each of them once', async (t) => {
  const film = await makeFilm(t, 'testsrc2=s=320x180:r=5', '-c:v', 'ffv1');
  const frames = await takeFilmFrames(film, join(await tempFolder(t), 'f'), {
    count: 50,
    shortSidePx: 96,
    bars: 'cut',
    signal,
  });
  t.is(frames.length, 5);
});

test.serial('black bars are cut off, and oblong pixels become square', async (t) => {
  const graph = 'testsrc2=s=320x180:r=10,pad=320:240:0:30,setsar=2';
  const film = await makeFilm(t, graph, '-c:v', 'ffv1');
  const frames = await takeFilmFrames(film, join(await tempFolder(t), 'f'), {
    count: 2,
    shortSidePx: 90,
    bars: 'cut',
    signal,
  });
  // shown as 640 x 240 and taken as 480 x 180, with bars of 22.5 rows
  const { width, height } = await sharp(frames[0]?.path).metadata();
  t.is(width, 480);
  t.true(Math.abs(height - 135) <= 2, String(height));
});

test.serial("a camera's black bars are kept: its live pictures have them", async (t) => {
  const film = await makeFilm(t, 'testsrc2=s=240x180:r=10,pad=320:180:40:0', '-c:v', 'ffv1');
  const frames = await takeFilmFrames(film, join(await tempFolder(t), 'f'), {
    count: 2,
    shortSidePx: 90,
    bars: 'kept',
    signal,
  });
  t.like(await sharp(frames[0]?.path).metadata(), { width: 320, height: 180 });
});

const breaksOff = test.macro<[string, string, string]>({
  async exec(t, _what, end, code) {
    const film = await makeFilm(t, 'testsrc2=s=96x64:r=5', '-c:v', 'ffv1');
    const folder = await tempFolder(t);
    const wrapper = join(folder, 'ffmpeg');
    await writeFile(wrapper, `#!/bin/sh\n${ffmpegPath} "$@"\n${end}\n`, { mode: 0o755 });
    const before = process.env['FFMPEG_PATH'];
    process.env['FFMPEG_PATH'] = wrapper;
    try {
      const options = { count: 5, shortSidePx: 64, bars: 'kept', signal } as const;
      await t.throwsAsync(takeFilmFrames(film, join(folder, 'f'), options), { code });
      t.false(existsSync(join(folder, 'f')));
    } finally {
      if (before === undefined) delete process.env['FFMPEG_PATH'];
      else process.env['FFMPEG_PATH'] = before;
    }
  },
  title: (_, what) => `an ffmpeg that ${what} has not taken all pictures`,
});
test.serial(breaksOff, 'is killed', 'kill -KILL $$', 'FFMPEG_FAILED');
test.serial(
  breaksOff,
  'finds the disk full',
  'echo "av_interleaved_write_frame(): No space left on device" >&2; exit 1',
  'DISK_FULL',
);

/** The candidates from a folder of films, as the survey receives them. */
async function candidatesOf(folder: string, dir: string, validationFraction: number): Promise<Candidate[]> {
  const settings = {
    shortSidePx: 64,
    minChroma: 4,
    seed: 1,
    framesPerVideo: 10,
    samplesPerShard: 8,
    validationFraction,
  };
  const job = {
    dir,
    settings,
    signal,
    onProgress: () => undefined,
    onRefused: () => undefined,
    sources: await findSources([{ input: folder }], dir),
  };
  return listCandidates(job, join(dir, 'frames'), (key, { detail }) => {
    throw new Error(`${key}: ${detail}`);
  });
}

test.serial('the last part of a single film is for validation', async (t) => {
  const film = await makeFilm(t, 'testsrc2=s=128x96:r=20', '-c:v', 'ffv1');
  const candidates = await candidatesOf(film, await tempFolder(t), 0.3);
  t.deepEqual(
    candidates.map(({ key, split }) => [key, split]),
    Array.from({ length: 10 }, (_, i) => [`film.mkv#${(i / 10).toFixed(2)}`, i < 7 ? 'train' : 'validation']),
  );
});

test.serial('with many films, whole films are for validation', async (t) => {
  const folder = await tempFolder(t);
  for (let i = 0; i < 3; i++)
    await runFfmpeg([
      '-f',
      'lavfi',
      '-i',
      `testsrc2=s=128x96:r=4`,
      '-t',
      '1',
      '-c:v',
      'ffv1',
      join(folder, `${i}.mkv`),
    ]);
  const candidates = await candidatesOf(folder, await tempFolder(t), 0.4);
  const splitsOf = new Map<string, Set<string>>();
  for (const { film = '', split } of candidates)
    splitsOf.set(film, (splitsOf.get(film) ?? new Set()).add(split));
  t.is(splitsOf.size, 3);
  for (const [film, splits] of splitsOf) t.is(splits.size, 1, film);
  t.is(new Set(candidates.map(({ split }) => split)).size, 2);
});
