/** What the output has in common with its source: samples, times, sound and all other streams. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { FilmOptions } from '../../src/stream/film/film-options.ts';
import { copyTurned } from '../helpers/copy-turned.ts';
import { containerSeconds, packetSums, packetTimes, planeBytes, streamValues } from '../helpers/film.ts';
import { useFilmResources } from '../helpers/film-resources.ts';
import { lumaSum, sameLuma } from '../helpers/program.ts';
import { probeCsv, runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';

const color = useFilmResources();
const pattern = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=12:duration=2'];
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=2'];
const varying = ['-vf', 'select=not(mod(n\\,7))+not(mod(n\\,3))', '-fps_mode', 'vfr'];
const bFrames = ['-c:v', 'libx264', '-bf', '3', '-g', '8', '-pix_fmt', 'yuv420p'];

/** Makes a film, colorizes it, and returns both films and the warnings. */
async function colorized(
  t: ExecutionContext,
  make: { readonly args: readonly string[]; readonly name: string },
  output: { readonly name: string; readonly options?: FilmOptions },
): Promise<{ input: string; output: string; warnings: string }> {
  const folder = await tempFolder(t);
  const paths = { input: join(folder, `in.${make.name}`), output: join(folder, `out.${output.name}`) };
  await runFfmpeg([...make.args, paths.input]);
  const options = output.options ?? { preset: 'ultrafast' };
  const { warnings } = await color(t, { ...paths, segmentFrames: 12, size: 64, ...options });
  return { ...paths, warnings: warnings.join('; ') };
}

/** Checks that every time is within half a millisecond and that there is no drift. */
function sameTimes(t: ExecutionContext, got: readonly number[], expected: readonly number[]): void {
  t.is(got.length, expected.length);
  t.true(expected.length > 0);
  const worst = Math.max(...got.map((time, i) => Math.abs(time - (expected[i] ?? NaN))));
  t.true(worst <= 0.00051, `${worst}: ${got.slice(0, 5).join()} for ${expected.slice(0, 5).join()}`);
}

test.serial(
  'libx264 encodes a picture of odd size in 4:4:4, and without loss it keeps the luma of the source',
  async (t) => {
    const film = await colorized(
      t,
      { args: [...pattern, '-vf', 'scale=161:121', '-c:v', 'ffv1', '-pix_fmt', 'yuv420p'], name: 'mkv' },
      { name: 'mp4', options: { crf: 0, preset: 'ultrafast' } },
    );
    await sameLuma(t, film.output, film.input);
    t.deepEqual(await streamValues(film.output, 'v:0', 'stream=width,height,pix_fmt'), ['161,121,yuv444p']);
    t.regex(film.warnings, /161x121 is odd/);
  },
);

for (const order of ['tff', 'bff']) {
  test.serial(`an interlaced H.264 film (${order}) keeps luma and field order`, async (t) => {
    const params = ['-flags', '+ilme+ildct', '-x264-params', `${order}=1`];
    const film = await colorized(
      t,
      {
        args: [...pattern, '-vf', `setfield=${order}`, '-c:v', 'libx264', ...params, '-pix_fmt', 'yuv420p'],
        name: 'mp4',
      },
      { name: 'mp4', options: { crf: 0, preset: 'ultrafast' } },
    );
    await sameLuma(t, film.output, film.input);
    const fields = (path: string): Promise<string[]> =>
      streamValues(path, 'v:0', 'frame=interlaced_frame,top_field_first');
    t.deepEqual(await fields(film.output), await fields(film.input));
  });
}

for (const output of [
  { name: 'mkv', options: { codec: 'ffv1' } },
  { name: 'mp4', options: { crf: 0, preset: 'ultrafast' } },
] as const) {
  test.serial(
    `frames of a film that changes between progressive and interlaced stay what they are in ${output.name}`,
    async (t) => {
      const folder = await tempFolder(t);
      const [input, film] = [join(folder, 'in.ts'), join(folder, `out.${output.name}`)];
      const parts: Buffer[] = [];
      for (const [i, fields] of ['prog', 'tff', 'prog'].entries()) {
        const part = join(folder, `${i}.ts`);
        const interlaced = fields === 'prog' ? [] : ['-flags', '+ilme+ildct', '-alternate_scan', '1'];
        await runFfmpeg([
          ...['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=25:duration=0.6', '-vf', `setfield=${fields}`],
          ...['-c:v', 'mpeg2video', '-q:v', '3', ...interlaced, '-output_ts_offset', String(i * 0.6), part],
        ]);
        parts.push(await readFile(part));
      }
      await writeFile(input, Buffer.concat(parts));
      const { warnings } = await color(t, {
        input,
        output: film,
        size: 64,
        segmentFrames: 12,
        ...output.options,
      });
      t.regex(warnings.join('; '), /changes from progressive to interlaced, top field first: each frame is/);
      await sameLuma(t, film, input);
      const marks = (path: string): Promise<string[]> => streamValues(path, 'v:0', 'frame=interlaced_frame');
      t.deepEqual(await marks(film), await marks(input));
      t.deepEqual(new Set(await marks(film)), new Set(['0', '1']));
    },
  );
}

interface Passage {
  readonly picture: readonly string[];
  /** ffmpeg's encoder for the sound */
  readonly sound: string;
  readonly from: string;
  readonly to: string;
}

const passages: Readonly<Record<string, Passage>> = {
  'a varying rate, B-frames, AAC, mp4 to mp4': {
    picture: [...varying, ...bFrames],
    sound: 'aac',
    from: 'mp4',
    to: 'mp4',
  },
  'a varying rate, FLAC, Matroska to Matroska': {
    picture: [...varying, ...bFrames],
    sound: 'flac',
    from: 'mkv',
    to: 'mkv',
  },
  '29.97 frames a second, AAC, mp4 to Matroska': {
    picture: ['-r', '30000/1001', ...bFrames],
    sound: 'aac',
    from: 'mp4',
    to: 'mkv',
  },
  'a late beginning, AAC, mp4 to mp4': {
    picture: [...bFrames, '-output_ts_offset', '0.75'],
    sound: 'aac',
    from: 'mp4',
    to: 'mp4',
  },
  'a late beginning, AC-3, Matroska to Matroska': {
    picture: [...bFrames, '-output_ts_offset', '0.75'],
    sound: 'ac3',
    from: 'mkv',
    to: 'mkv',
  },
  'AC-3, Matroska to mp4': { picture: bFrames, sound: 'ac3', from: 'mkv', to: 'mp4' },
  'MP2, MPEG transport stream to mp4': {
    picture: bFrames,
    sound: 'mp2',
    from: 'ts',
    to: 'mp4',
  },
};

for (const [title, { picture, sound, from, to }] of Object.entries(passages)) {
  test.serial(
    `frames keep their times, and sound is copied packet by packet in step: ${title}`,
    async (t) => {
      const args = [...pattern, ...tone, ...picture, '-c:a', sound];
      const film = await colorized(t, { args, name: from }, { name: to });
      const [source, result] = [await timesOf(film.input), await timesOf(film.output)];
      const laterS = laterBy(source, from, to);
      sameTimes(
        t,
        result.shown,
        source.shown.map((time) => time + laterS),
      );
      t.deepEqual(await packetSums(film.output, 'a:0'), await packetSums(film.input, 'a:0'));
      const off = soundBehind(result) - soundBehind(source);
      t.true(Math.abs(off) < 0.0021, `sound off by ${off}`);
      const [seconds, whole] = [await containerSeconds(film.output), await containerSeconds(film.input)];
      // With a variable frame rate, no container says how long the last frame is shown.
      const frameS = Math.max(...source.shown.slice(1).map((time, i) => time - (source.shown[i] ?? NaN)));
      t.true(Math.abs(seconds - whole) < Math.min(0.09, frameS + 0.01), `${seconds} for ${whole}`);
    },
  );
}

test.serial('frames of an interlaced DV tape keep their times in mp4 and Matroska', async (t) => {
  const folder = await tempFolder(t);
  const input = join(folder, 'in.dv');
  const picture = 'testsrc2=size=720x576:rate=25:duration=0.2,format=yuv420p';
  await runFfmpeg(['-f', 'lavfi', '-i', picture, '-c:v', 'dvvideo', input]);
  for (const name of ['mp4', 'mkv']) {
    const output = join(folder, `out.${name}`);
    await color(t, { input, output, size: 64, preset: 'ultrafast' });
    sameTimes(t, await packetTimes(output, 'v:0'), [0, 0.04, 0.08, 0.12, 0.16]);
    t.true(Math.abs((await containerSeconds(output)) - 0.2) < 0.0011);
  }
});

for (const [title, lastS] of [
  ['longer', 7],
  ['shorter', 0.04],
] as const) {
  test.serial(
    `a slide show whose last picture is shown ${title} than the others keeps its length to the tick`,
    async (t) => {
      const folder = await tempFolder(t);
      const [slides, input] = [join(folder, 'slides.nut'), join(folder, 'in.mp4')];
      const picture = "testsrc2=size=64x48:rate=2:duration=8,hue=s=0,settb=1/1000,select='not(mod(n,5))'";
      const uneven = ['-fps_mode', 'vfr', '-enc_time_base', '1/1000'];
      await runFfmpeg(['-f', 'lavfi', '-i', picture, '-c:v', 'libx264', '-bf', '0', ...uneven, slides]);
      const durations = `setts=duration='if(gt(PTS*TB,7),${lastS}/TB,2.5/TB)'`;
      await runFfmpeg(['-i', slides, '-c', 'copy', '-bsf:v', durations, input]);
      for (const name of ['mp4', 'mkv']) {
        const output = join(folder, `out.${name}`);
        await color(t, { input, output, size: 64, preset: 'ultrafast' });
        t.true(Math.abs((await containerSeconds(output)) - 7.5 - lastS) < 0.0011, name);
      }
    },
  );
}

/** The times of the packets of picture and sound, seconds. */
interface Times {
  readonly shown: readonly number[];
  readonly heard: readonly number[];
}

async function timesOf(film: string): Promise<Times> {
  return { shown: await packetTimes(film, 'v:0'), heard: await packetTimes(film, 'a:0') };
}

function soundBehind({ shown, heard }: Times): number {
  return (heard[1] ?? NaN) - (shown[0] ?? NaN);
}

/** By how much the whole film is shown later than its source, seconds. */
function laterBy({ shown: [picture = NaN], heard: [sound = NaN] }: Times, from: string, to: string): number {
  // The clock of a broadcast starts long before the film. The output starts at 0 with its picture.
  if (from === 'ts') return -picture;
  // In mp4, AAC starts before 0. Matroska has no times before 0 and counts whole milliseconds.
  return to === 'mkv' ? Math.round(1000 * Math.max(0, -sound)) / 1000 : 0;
}

test.serial('an edit list that hides the start leaves picture and sound in sync', async (t) => {
  const folder = await tempFolder(t);
  const whole = join(folder, 'whole.mp4');
  await runFfmpeg([...pattern, ...tone, ...bFrames, '-g', '12', '-c:a', 'aac', whole]);
  // A stream copy that starts between keyframes. The edit list of mp4 hides the frames before the start.
  const film = await colorized(
    t,
    { args: ['-ss', '0.5', '-i', whole, '-c', 'copy'], name: 'mp4' },
    { name: 'mp4' },
  );
  // Hidden sound is left out, except the packet that the first audible one needs.
  const heard = (await packetTimes(film.input, 'a:0')).filter((time) => time >= 0).length;
  const [sums, times] = [await packetSums(film.output, 'a:0'), await packetTimes(film.output, 'a:0')];
  t.true(sums.length >= heard && sums.length <= heard + 2, `${sums.length} packets, ${heard} heard`);
  t.deepEqual(sums, (await packetSums(film.input, 'a:0')).slice(-sums.length));
  sameTimes(t, await shownTimes(film.output), await shownTimes(film.input));
  sameTimes(t, times, (await packetTimes(film.input, 'a:0')).slice(-times.length));
});

/** The times of the decoded frames. */
async function shownTimes(film: string): Promise<number[]> {
  return (await streamValues(film, 'v:0', 'frame=pts_time')).map(Number.parseFloat);
}

test.serial(
  'an mp4 keeps its rotation, chapters, title and timecode; SD without tags is tagged',
  async (t) => {
    const folder = await tempFolder(t);
    const plain = join(folder, 'plain.mp4');
    const chapters = join(folder, 'chapters.txt');
    await writeFile(
      chapters,
      ';FFMETADATA1\ntitle=A reel\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=One\n',
    );
    await runFfmpeg([
      ...[...pattern, '-i', chapters, '-map', '0', '-map_metadata', '1', ...bFrames],
      ...['-timecode', '01:00:00:00', plain],
    ]);
    const marked = join(folder, 'turned.mp4');
    await copyTurned(plain, marked, 90);
    const copy = ['-i', marked, '-map', '0:v', '-c', 'copy'];
    const film = await colorized(t, { args: copy, name: 'mp4' }, { name: 'mp4' });
    const turned = (path: string): Promise<string[]> =>
      streamValues(path, 'v:0', 'stream_side_data=rotation');
    t.deepEqual(await turned(film.output), await turned(film.input));
    t.regex((await turned(film.output)).join(), /90/);
    t.deepEqual(await probeCsv(film.output, '-show_entries', 'chapter_tags=title'), ['One']);
    t.deepEqual(await probeCsv(film.output, '-show_entries', 'format_tags=title'), ['A reel']);
    const timecode = await streamValues(film.output, 'v:0', 'stream_tags=timecode');
    t.deepEqual(timecode, ['01:00:00:00']);
    const colors = await streamValues(film.output, 'v:0', 'stream=color_range,color_space');
    t.deepEqual(colors, ['tv,smpte170m']);
  },
);

test.serial(
  '--start and --duration take exactly these frames between keyframes, and sound begins with them',
  async (t) => {
    for (const [from, to, codec] of [
      ['mp4', 'mkv', 'aac'],
      ['ts', 'mp4', 'mp2'],
    ] as const) {
      const args = [...pattern, ...tone, ...bFrames, '-g', '100', '-c:a', codec];
      const film = await colorized(
        t,
        { args, name: from },
        { name: to, options: { crf: 0, preset: 'ultrafast', start: 0.5, duration: 1 } },
      );
      t.is(await lumaSum(film.output), await lumaSum(film.input, 'select=between(n\\,6\\,17)'), from);
      const [picture, sound] = [await shownTimes(film.output), await packetTimes(film.output, 'a:0')];
      t.true(Math.abs(picture[0] ?? NaN) < 0.09, `${from}: picture from ${picture[0] ?? NaN}`);
      t.true(Math.abs(sound[0] ?? NaN) < 0.09, `${from}: sound from ${sound[0] ?? NaN}`);
      t.true(Math.abs((sound.at(-1) ?? NaN) - 1) < 0.09, `${from}: sound to ${sound.at(-1) ?? NaN}`);
      // The audible sound is the source's sound at that time.
      const [got, all] = [await packetSums(film.output, 'a:0'), await packetSums(film.input, 'a:0')];
      const first = all.indexOf(got[0] ?? '');
      t.deepEqual(got, all.slice(first, first + got.length), from);
      const lag = (await packetTimes(film.input, 'a:0'))[first] ?? NaN;
      const sourceStart = (await packetTimes(film.input, 'v:0'))[6] ?? NaN;
      const step = (sound[0] ?? NaN) - (picture[0] ?? NaN) - (lag - sourceStart);
      t.true(Math.abs(step) < 0.0021, `${from}: sound off by ${step}`);
    }
  },
);

test.serial('--compare split leaves the left half neutral and does not change any luma', async (t) => {
  const film = await colorized(
    t,
    { args: [...pattern, '-c:v', 'ffv1', '-pix_fmt', 'yuv420p'], name: 'mkv' },
    { name: 'mkv', options: { codec: 'ffv1', compare: 'split' } },
  );
  await sameLuma(t, film.output, film.input);
  t.true((await planeBytes(film.output, 'u', 'crop=80:120:0:0,')).every((value) => value === 128));
  const right = await planeBytes(film.output, 'u', 'crop=80:120:80:0,');
  t.true(right.some((value) => Math.abs(value - 128) > 3));
});
