/** Films whose clock restarts, wraps or jumps, as in recordings that were joined byte by byte. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { packetSums, packetTimes, planeBytes } from '../helpers/film.ts';
import { useFilmResources } from '../helpers/film-resources.ts';
import { frameSums, runProgram, startCommand, until } from '../helpers/program.ts';
import { runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';
import { smallEmbedding } from '../helpers/small-embedding.ts';

const color = useFilmResources();

/** Joins recordings of gray pictures and sound whose clocks start at these seconds. */
async function joined(folder: string, extension: string, ...beginsS: readonly number[]): Promise<string> {
  const parts: Buffer[] = [];
  for (const [i, beginS] of beginsS.entries()) {
    const part = join(folder, `part${i}.${extension}`);
    await runFfmpeg([
      ...['-f', 'lavfi', '-i', `testsrc2=size=64x48:rate=25:duration=${1 + i * 0.4},hue=s=0`],
      ...['-f', 'lavfi', '-i', `sine=frequency=${300 + 100 * i}:duration=${1 + i * 0.4}`],
      ...['-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-q:v', '4', '-c:a', 'mp2'],
      ...['-output_ts_offset', String(beginS), part],
    ]);
    parts.push(await readFile(part));
  }
  const film = join(folder, `joined.${extension}`);
  await writeFile(film, Buffer.concat(parts));
  return film;
}

/** The distinct distances between neighbouring times, seconds, rounded to milliseconds. */
function steps(times: readonly number[]): number[] {
  const all = times.slice(1).map((time, i) => Math.round((time - (times[i] ?? 0)) * 1000) / 1000);
  return [...new Set(all)].sort((a, b) => a - b);
}

/** How far the sound is behind the picture at the start of each recording, seconds. */
function soundShifts(
  picture: readonly number[],
  sound: readonly number[],
  frames: readonly number[],
): number[] {
  return frames.map((frame) => {
    const time = picture[frame] ?? NaN;
    return Math.min(...sound.map((other) => Math.abs(other - time)));
  });
}

// The first clock wraps at 33 bits after half a second, the second is 10 h ahead, and the third starts again.
const clocks: Readonly<Record<string, readonly [string, readonly number[]]>> = {
  'MPEG-TS': ['ts', [95_442.3, 36_000, 0]],
  DVD: ['vob', [0, 0, 20]],
};

for (const [title, [extension, beginsS]] of Object.entries(clocks)) {
  test.serial(
    `${title}: joined recordings become one film, each frame after the other, sound in step`,
    async (t) => {
      const folder = await tempFolder(t);
      const input = await joined(folder, extension, ...beginsS);
      for (const container of ['mkv', 'mp4'] as const) {
        const output = join(folder, `out.${container}`);
        const codec = container === 'mkv' ? 'ffv1' : undefined;
        const { warnings } = await color(t, { input, output, codec, size: 64 });
        t.regex(warnings.join('\n'), /clock starts again or jumps at 1\.00 s, 2\.40 s:/);
        const picture = await packetTimes(output, 'v:0');
        t.is(picture.length, 25 + 35 + 45);
        t.deepEqual(steps(picture), [0.04]);
        const sound = await packetTimes(output, 'a:0');
        t.true(Math.max(...soundShifts(picture, sound, [0, 25, 60])) < 0.03);
        t.true(Math.abs((sound.at(-1) ?? 0) - (picture.at(-1) ?? 0)) < 0.1);
        t.deepEqual(await packetSums(output, 'a:0'), await packetSums(input, 'a:0'));
        if (container === 'mkv') t.true((await planeBytes(output, 'y')).equals(await planeBytes(input, 'y')));
      }
    },
  );
}

// The second clock starts this much before the first one ends: less than the reordering of pictures, and more.
test.serial(
  'a clock that steps back by a few pictures is joined, although decoding reorders them',
  async (t) => {
    const folder = await tempFolder(t);
    for (const backS of [0.12, 0.2, 0.5]) {
      const input = await joined(folder, 'ts', 10, 11 - backS);
      const output = join(folder, 'out.mkv');
      await color(t, { input, output, codec: 'ffv1', size: 64, overwrite: true });
      const picture = await packetTimes(output, 'v:0');
      t.is(picture.length, 25 + 35);
      t.deepEqual(steps(picture), [0.04], `${backS} s back`);
      t.true((await planeBytes(output, 'y')).equals(await planeBytes(input, 'y')));
    }
  },
);

test.serial('the times of a part of such a film count on the new clock', async (t) => {
  const folder = await tempFolder(t);
  const input = await joined(folder, 'ts', 0, 0);
  const output = join(folder, 'out.mkv');
  await color(t, { input, output, codec: 'ffv1', size: 64, start: 0.8, duration: 0.8 });
  const picture = await packetTimes(output, 'v:0');
  t.deepEqual([picture.length, steps(picture)], [20, [0.04]]);
  const whole = await planeBytes(input, 'y');
  const bytes = 64 * 48;
  t.true((await planeBytes(output, 'y')).equals(whole.subarray(20 * bytes, 40 * bytes)));
  const sound = await packetTimes(output, 'a:0');
  t.true((sound[0] ?? -1) >= 0 && (sound.at(-1) ?? 9) < 0.8, `${sound[0]} ${sound.at(-1)}`);
});

test.serial('such a film resumes where it was stopped', async (t) => {
  const folder = await tempFolder(t);
  const input = await joined(folder, 'ts', 0, 0);
  const [whole, stopped] = [join(folder, 'whole.mkv'), join(folder, 'stopped.mkv')];
  const command = [
    ...['file', input, '-o', stopped, '--size', '64', '--codec', 'ffv1'],
    ...['--segment-frames', '16', '--embedding', smallEmbedding],
  ];
  const { stop, end } = startCommand(...command);
  await until(async () => {
    const journal = await readFile(join(`${stopped}.partial`, 'journal.jsonl'), 'utf8').catch(() => '');
    return journal.split('\n').filter((line) => line.startsWith('{"type":"segment"')).length >= 2;
  }, 'two segments are done');
  stop();
  t.is((await end).code, 130);
  const { code, stderr } = await runProgram(...command);
  t.is(code, 0, stderr);
  t.regex(stderr, /its clock jumps, so it is decoded from its start again/);
  await color(t, { input, output: whole, size: 64, codec: 'ffv1', segmentFrames: 16 });
  t.deepEqual(await frameSums(stopped), await frameSums(whole));
  t.deepEqual(await packetTimes(stopped, 'a:0'), await packetTimes(whole, 'a:0'));
});
