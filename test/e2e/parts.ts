/** Parts of films (`--start`, `--duration`): all frames of the part, with picture and sound in sync from 0. */
import { chmod, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import type { FilmOptions } from '../../src/stream/film/film-options.ts';
import { packetSums, packetTimes, planeBytes, streamValues } from '../helpers/film.ts';
import { useFilmResources } from '../helpers/film-resources.ts';
import { runProgram } from '../helpers/program.ts';
import { ffmpegPath, probeCsv, runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';
import { smallEmbedding } from '../helpers/small-embedding.ts';

const color = useFilmResources();
const pattern = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25:duration=2'];
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=5'];
/** Keyframes are rare, so parts start between them. */
const bFrames = ['-c:v', 'libx264', '-bf', '3', '-g', '30', '-pix_fmt', 'yuv420p'];
/** The default codec, which reorders frames (lossless x264 does not). */
const reordered: FilmOptions = { crf: 1 };

interface Part {
  readonly make: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly startS: number;
  readonly durationS?: number;
  readonly options?: FilmOptions;
}

interface PartFilm {
  readonly input: string;
  readonly output: string;
  /** The times of the part's frames in the source, seconds. */
  readonly shown: readonly number[];
  /** The index of the first of them among the source's frames. */
  readonly firstFrame: number;
  /** The end of the part, seconds from its first frame. */
  readonly endS: number;
}

async function partOf(t: ExecutionContext, part: Part): Promise<PartFilm> {
  const folder = await tempFolder(t);
  const [input, output] = [join(folder, `in.${part.from}`), join(folder, `out.${part.to}`)];
  await runFfmpeg([...part.make, input]);
  await color(t, {
    input,
    output,
    segmentFrames: 16,
    size: 64,
    networkEvery: 30,
    start: part.startS,
    duration: part.durationS,
    ...(part.options ?? reordered),
  });
  const times = await shownTimes(input);
  const startS = (times[0] ?? NaN) + part.startS - 0.0005;
  const endS = startS + (part.durationS ?? Infinity);
  const firstFrame = times.findIndex((time) => time >= startS);
  const shown = times.filter((time) => time >= startS && time < endS);
  return { input, output, shown, firstFrame, endS: endS - (shown[0] ?? NaN) };
}

/** The times of the decoded frames. */
async function shownTimes(film: string): Promise<number[]> {
  return (await streamValues(film, 'v:0', 'frame=pts_time')).map(Number.parseFloat);
}

/** Checks every frame of the part and its time from the first one on. */
async function picturesAreThere(t: ExecutionContext, film: PartFilm): Promise<void> {
  const zeroS = film.shown[0] ?? NaN;
  const times = await shownTimes(film.output);
  t.is(times.length, film.shown.length);
  t.true(times.length > 0);
  const worst = Math.max(...times.map((time, i) => Math.abs(time - ((film.shown[i] ?? NaN) - zeroS))));
  t.true(worst <= 0.00051, `frames off by ${worst}: ${times.slice(0, 4).join()}`);
}

/** Checks that the part has the source's sound from its first frame to its end, with the delay of the source. */
async function soundIsInStep(t: ExecutionContext, film: PartFilm, toleranceS: number): Promise<void> {
  const zeroS = film.shown[0] ?? NaN;
  const [all, got] = [await packetSums(film.input, 'a:0'), await packetSums(film.output, 'a:0')];
  const allTimes = (await packetTimes(film.input, 'a:0')).map((time) => time - zeroS);
  const times = await packetTimes(film.output, 'a:0');
  const first = all.indexOf(got[0] ?? '');
  t.true(first >= 0, 'there is sound, and it is the source’s');
  t.deepEqual(got, all.slice(first, first + got.length));
  const worst = Math.max(...times.map((time, i) => Math.abs(time - (allTimes[first + i] ?? NaN))));
  t.true(worst < toleranceS, `sound off by ${worst}`);
  const [before = -Infinity, begin = NaN] = [allTimes[first - 1], allTimes[first]];
  t.true(before < 0.0011 && begin > -0.0011, `sound from ${begin}, the source has some from ${before}`);
  const [end = NaN, after = Infinity] = [allTimes[first + got.length - 1], allTimes[first + got.length]];
  const isWhole = end < film.endS + 0.0011 && (after === Infinity || after > film.endS - 0.0011);
  t.true(isWhole, `sound to ${end}, the source goes on at ${after}, the part ends at ${film.endS}`);
}

/** Checks that the frames are the right ones: their coded luma differs less than different frames do. */
async function lumaIsTheirs(t: ExecutionContext, film: PartFilm): Promise<void> {
  const range = `${film.firstFrame}\\,${film.firstFrame + film.shown.length - 1}`;
  const expected = await planeBytes(film.input, 'y', `select=between(n\\,${range}),`);
  const got = await planeBytes(film.output, 'y');
  t.is(got.length, expected.length);
  const mean = got.reduce((sum, value, i) => sum + Math.abs(value - (expected[i] ?? NaN)), 0) / got.length;
  t.true(mean < 0.5, `luma is off by ${mean}`);
}

const parts: Readonly<Record<string, Part>> = {};
const add = (title: string, part: Part): void => void Object.assign(parts, { [title]: part });

const withSound = [...pattern, ...tone, ...bFrames, '-c:a', 'aac'];
const ultrafast = { crf: 1, preset: 'ultrafast' };
const half = { startS: 0.5, durationS: 0.6 };

for (const [to, startS] of [
  ['mp4', 0.04],
  ['mp4', 1.37],
  ['mov', 0.5],
  ['mkv', 0.04],
] as const) {
  add(`${to} from ${startS} s`, { ...half, make: withSound, from: 'mp4', to, startS });
}
add('webm from 0.5 s', {
  ...half,
  make: [...pattern, ...tone, ...bFrames, '-c:a', 'libopus'],
  from: 'mkv',
  to: 'webm',
  options: { crf: 4, preset: '8' },
});
add('mp4, nothing is reordered', { ...half, make: withSound, from: 'mp4', to: 'mp4', options: ultrafast });
add('mp4 to the end', { make: [...withSound, '-shortest'], from: 'mp4', to: 'mp4', startS: 0.3 });

const early = ['-itsoffset', '2', ...pattern, ...tone, ...bFrames];
const late = [...pattern, '-itsoffset', '0.5', ...tone, ...bFrames, '-c:a', 'aac'];
const negative = [...withSound, '-output_ts_offset', '-0.3', '-avoid_negative_ts', 'disabled'];
add('mkv of sound from two seconds before the picture on', {
  ...half,
  make: [...early, '-c:a', 'aac'],
  from: 'mkv',
  to: 'mkv',
});
add('mp4 of a film whose clock begins before 0', { ...half, make: negative, from: 'mov', to: 'mp4' });
add('mp4 of a transport stream, sound from two seconds before the picture on', {
  ...half,
  make: [...early, '-c:a', 'mp2'],
  from: 'ts',
  to: 'mp4',
});
add('mp4 of sound that begins in the part', { ...half, make: late, from: 'mp4', to: 'mp4', startS: 0.2 });

for (const [title, part] of Object.entries(parts)) {
  test.serial(`a part has every frame, and its sound begins with it: ${title}`, async (t) => {
    const film = await partOf(t, part);
    await picturesAreThere(t, film);
    // A copy of Opus loses the 6.5 ms that its decoder needs to start (in Matroska from ffmpeg 5.1).
    await soundIsInStep(t, film, part.to === 'webm' ? 0.0075 : 0.0021);
    await lumaIsTheirs(t, film);
    if (part.options !== undefined) return;
    const [delay] = await streamValues(film.output, 'v:0', 'stream=has_b_frames');
    t.true(Number(delay) > 0, 'the encoder reorders');
  });
}

const chapter = (fromMs: number, toMs: number, title: string): string =>
  `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${fromMs}\nEND=${toMs}\ntitle=${title}\n`;
const line = (from: string, until: string, word: string): string =>
  `1\n00:00:0${from} --> 00:00:0${until}\n${word}\n\n`;

for (const to of ['mp4', 'mkv']) {
  test.serial(
    `a part keeps subtitles, chapters and a second picture from its first frame on: ${to}`,
    async (t) => {
      const folder = await tempFolder(t);
      const [words, chapters] = [join(folder, 'words.srt'), join(folder, 'chapters.txt')];
      await writeFile(words, line('0,100', '0,300', 'before') + line('0,700', '0,900', 'within'));
      await writeFile(chapters, `;FFMETADATA1\n${chapter(0, 800, 'One')}${chapter(800, 2000, 'Two')}`);
      const inputs = [...pattern, ...pattern, '-i', words, '-i', chapters];
      const maps = ['-map', '0', '-map', '1', '-map', '2', '-map_chapters', '3'];
      const film = await partOf(t, {
        make: [...inputs, ...maps, ...bFrames],
        from: 'mkv',
        to,
        startS: 0.4,
        durationS: 1.2,
      });
      await picturesAreThere(t, film);
      const { stdout } = await runFfmpeg(['-i', film.output, '-map', '0:s', '-f', 'srt', '-']);
      t.is(stdout.toString().trim(), '1\n00:00:00,300 --> 00:00:00,500\nwithin');
      // Keyframes are 30 frames apart, and the next one is 0.8 s after the part's first frame.
      t.is((await streamValues(film.output, 'v:1', 'frame=pts_time'))[0], '0.800000');
      const found = await probeCsv(film.output, '-show_entries', 'chapter=start_time:chapter_tags=title');
      t.deepEqual(found, ['0.000000,One', '0.400000,Two']);
    },
  );
}

for (const [title, container, startS] of [
  ['a part', 'mkv', 1],
  ['a broadcast, whose clock is not the output’s,', 'ts', undefined],
] as const) {
  test.serial(`the contact sheet of ${title} shows one moment before and after`, async (t) => {
    const folder = await tempFolder(t);
    const sheet = join(folder, 'sheet.png');
    const [input, output] = [join(folder, `in.${container}`), join(folder, 'out.mkv')];
    await runFfmpeg([...pattern, ...bFrames, input]);
    await color(t, {
      input,
      output,
      start: startS,
      duration: 0.9,
      size: 64,
      networkEvery: 30,
      saturation: 0,
      crf: 1,
      contactSheet: sheet,
    });
    const halves = await Promise.all(
      [12, 332].map((left) =>
        sharp(sheet)
          .extract({ left, top: 48, width: 320, height: 240 })
          .toColourspace('b-w')
          .raw()
          .toBuffer(),
      ),
    );
    const [before, after] = halves as [Buffer, Buffer];
    const apart = before.reduce((sum, value, i) => sum + Math.abs(value - after[i]!), 0) / before.length;
    t.true(apart < 2, `levels apart: ${apart}`);
  });
}

test.serial('a film whose file lacks frames fails, and its segments are kept', async (t) => {
  const folder = await tempFolder(t);
  const [input, output] = [join(folder, 'in.mp4'), join(folder, 'out.mkv')];
  await runFfmpeg([...pattern, ...bFrames, input]);
  // An ffmpeg that ends without an error but writes only five frames.
  const lossy = join(folder, 'lossy-muxer');
  const cut = 'set -- "${@:1:$#-1}" -frames:v 5 "${@: -1}"';
  await writeFile(
    lossy,
    `#!/bin/bash\ncase "$*" in *out.mkv.partial/film.mkv*) ${cut} ;; esac\nexec ${ffmpegPath} "$@"\n`,
  );
  await chmod(lossy, 0o755);
  const command = [
    ...['file', input, '-o', output, '--size', '64', '--preset', 'ultrafast', '--embedding', smallEmbedding],
    ...['--crf', '1', '--network-every', '30', '--start', '0.4', '--duration', '1'],
  ];
  process.env['FFMPEG_PATH'] = lossy;
  const failed = await runProgram(...command);
  delete process.env['FFMPEG_PATH'];
  t.is(failed.code, 1, failed.stderr);
  t.regex(failed.stderr, /expected 25 frames in the finished film but got 5/);
  t.regex(failed.stderr, /what to do: .*segments are kept/);
  t.false(existsSync(output));
  const again = await runProgram(...command);
  t.is(again.code, 0, again.stderr);
  t.regex(again.stderr, /resuming after frame 25/);
  t.is((await packetTimes(output, 'v:0')).length, 25);
});
