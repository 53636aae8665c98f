/** A stopped film resumes where it was, and the result is the same as without the stop. */
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ffmpegsNaming, runProgram, startCommand, startProgram, until } from '../helpers/program.ts';
import { useFilmResources } from '../helpers/film-resources.ts';
import { ffmpegPath, runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';
import { smallEmbedding } from '../helpers/small-embedding.ts';

const ffv1 = ['--codec', 'ffv1'];
/** Each segment is encoded by an ffmpeg of its own. */
const segmentFrames = 12;
/** Runs `command` in this process. */
const settings = { size: 64, segmentFrames };
const fastSettings = [
  ...['--size', '64', '--segment-frames', String(segmentFrames), '--embedding', smallEmbedding, '--recolor'],
];
const colorize = useFilmResources();

let home = '';
let film = '';
/** The work folder of `film` with FFV1, after the process was killed. */
let killedWork = '';
let undisturbed: Result;

/** One line per decoded frame and per packet of sound: its times, its size and its MD5. */
interface Result {
  readonly frames: readonly string[];
  readonly sound: readonly string[];
}

async function resultOf(path: string): Promise<Result> {
  const { stdout } = await runFfmpeg([
    ...['-noautorotate', '-copyts', '-i', path, '-map', '0:v:0', '-map', '0:a:0', '-c:a', 'copy'],
    ...['-fps_mode', 'passthrough', '-enc_time_base:v', '1:1000', '-f', 'framemd5', '-'],
  ]);
  const lines = stdout.toString().split('\n');
  const linesOf = (stream: number): string[] => lines.filter((line) => line.startsWith(`${stream},`));
  return { frames: linesOf(0), sound: linesOf(1) };
}

function command(output: string, ...options: readonly string[]): string[] {
  return ['file', film, '-o', output, ...fastSettings, ...options];
}

/** The damage that a run reports at its end. */
function damageTold(stderr: string): { atS: number; faults: number } {
  const [, atS, faults] = /damaged: corrupted at (\d+\.\d+) s \((\d+) faults?\)/.exec(stderr) ?? [];
  return { atS: Number(atS), faults: Number(faults) };
}

async function segmentLines(output: string): Promise<number> {
  const text = await readFile(join(`${output}.partial`, 'journal.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line.startsWith('{"type":"segment"') && line.endsWith('}')).length;
}

/** Runs the program until two segments are finished, then ends it with a signal. */
async function stopMidway(
  output: string,
  signal: 'SIGKILL' | 'SIGINT',
  ...options: readonly string[]
): ReturnType<typeof runProgram> {
  const { child, end } = startProgram(...command(output, ...options));
  await until(async () => (await segmentLines(output)) >= 2, 'two segments are done');
  child.kill(signal);
  return end;
}

/** Copies the killed work into a new folder, and returns the output that it belongs to. */
async function copyWork(t: ExecutionContext): Promise<string> {
  const output = join(await tempFolder(t), 'out.mkv');
  await cp(killedWork, `${output}.partial`, { recursive: true });
  return output;
}

test.before(async () => {
  home = await mkdtemp(join(tmpdir(), 'chromafeed-resume-'));
  film = join(home, 'film.mkv');
  const cut = '[0:v][1:v]concat=n=2:v=1:a=0,select=mod(n\\,5)*mod(n\\,7),format=yuv420p[v]';
  await runFfmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=12:duration=3.5'],
    ...['-f', 'lavfi', '-i', 'mandelbrot=size=160x120:rate=12,trim=duration=3.5'],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440:duration=7'],
    ...['-filter_complex', cut, '-map', '[v]', '-map', '2:a', '-fps_mode', 'vfr'],
    ...['-c:v', 'libx264', '-g', '10', '-bf', '2', '-c:a', 'ac3', film],
  ]);
  const whole = join(home, 'whole.mkv');
  await runProgram(...command(whole, ...ffv1));
  undisturbed = await resultOf(whole);
  const output = join(home, 'out.mkv');
  await stopMidway(output, 'SIGKILL', ...ffv1);
  await until(() => ffmpegsNaming(home).length === 0, 'no ffmpeg outlives the killed program');
  killedWork = `${output}.partial`;
});

test.after.always(() => rm(home, { recursive: true, force: true }));

test.serial('the undisturbed film is complete: its frames, a cut, uneven times, sound', (t) => {
  t.is(undisturbed.frames.length, 58);
  const times = undisturbed.frames.map((line) => Number(line.split(',')[2]) / 1000);
  const steps = times.slice(1).map((time, i) => Math.round(12 * (time - (times[i] ?? 0))));
  t.deepEqual(new Set(steps), new Set([1, 2, 3]));
  t.true(undisturbed.sound.length > 100);
});

test.serial(
  'after kill -9 the same command resumes, and frames, times and sound are those of an undisturbed run',
  async (t) => {
    const output = await copyWork(t);
    const done = await segmentLines(output);
    t.true(done >= 2 && done <= 4);
    const again = await runProgram(...command(output, ...ffv1));
    t.is(again.code, 0, again.stderr);
    t.regex(again.stderr, new RegExp(`resuming after frame ${segmentFrames * done}`));
    t.deepEqual(await resultOf(output), undisturbed);
    t.false(existsSync(`${output}.partial`));
  },
);

test.serial('a journal line that was cut in half costs only one segment', async (t) => {
  const output = await copyWork(t);
  const path = join(`${output}.partial`, 'journal.jsonl');
  const done = await segmentLines(output);
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.slice(0, -Math.round((text.split('\n').at(-2)?.length ?? 0) / 2)));
  const again = await colorize(t, { input: film, output, codec: 'ffv1', ...settings });
  t.is(again.resumedFrames, segmentFrames * (done - 1));
  t.deepEqual(await resultOf(output), undisturbed);
});

test.serial('a segment whose bytes changed is made again', async (t) => {
  const output = await copyWork(t);
  const path = join(`${output}.partial`, 'segment-00001.nut');
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 0xff;
  await writeFile(path, bytes);
  const again = await colorize(t, { input: film, output, codec: 'ffv1', ...settings });
  t.is(again.resumedFrames, segmentFrames);
  t.deepEqual(await resultOf(output), undisturbed);
});

test.serial(
  'other settings are refused with the difference and the work stays; --fresh starts again',
  async (t) => {
    const output = await copyWork(t);
    const refused = await runProgram(...command(output, ...ffv1, '--saturation', '0.5'));
    t.is(refused.code, 6);
    t.regex(refused.stderr, /saturation was 1, now 0\.5/);
    t.regex(refused.stderr, /what to do: .*--fresh/);
    t.true((await segmentLines(output)) >= 2);
    const fresh = await colorize(t, { input: film, output, codec: 'ffv1', fresh: true, ...settings });
    t.is(fresh.resumedFrames, 0);
    t.deepEqual(await resultOf(output), undisturbed);
  },
);

test.serial('after a kill before the segments are joined, only the joining is left', async (t) => {
  const [started, output] = [await copyWork(t), join(await tempFolder(t), 'out.mkv')];
  // An ffmpeg that hangs when it writes the finished film.
  const stuck = join(home, 'stuck-muxer');
  await writeFile(
    stuck,
    `#!/bin/sh\ncase "$*" in *out.mkv.partial/film.mkv*) exec sleep 600 ;; esac\nexec ${ffmpegPath} "$@"\n`,
  );
  await chmod(stuck, 0o755);
  process.env['FFMPEG_PATH'] = stuck;
  const { stop, end } = startCommand(...command(started, ...ffv1));
  await until(() => existsSync(join(`${started}.partial`, 'conclusion.json')), 'all segments are done');
  // From now on nothing is written, so this is what a kill would leave, but for the lock of a process that is gone.
  await cp(`${started}.partial`, `${output}.partial`, {
    recursive: true,
    filter: (path) => !path.endsWith('lock'),
  });
  delete process.env['FFMPEG_PATH'];
  stop();
  t.is((await end).code, 130);
  const again = await colorize(t, { input: film, output, codec: 'ffv1', ...settings });
  t.is(again.resumedFrames, 58);
  t.is(again.frames, 58);
  t.true(again.scenes.length > 0);
  t.deepEqual(await resultOf(output), undisturbed);
});

test.serial('Ctrl-C ends with 130, says how to resume, keeps the work and leaves no ffmpeg', async (t) => {
  const folder = await tempFolder(t);
  const output = join(folder, 'out.mkv');
  const stopped = await stopMidway(output, 'SIGINT', ...ffv1);
  t.is(stopped.code, 130, stopped.stderr);
  t.regex(stopped.stderr, /what to do: repeat the same command/);
  t.deepEqual(ffmpegsNaming(folder), []);
  t.false(existsSync(output));
  t.true((await readdir(`${output}.partial`)).includes('segment-00001.nut'));
  const again = await colorize(t, { input: film, output, codec: 'ffv1', ...settings });
  t.true(again.resumedFrames >= 2 * segmentFrames);
  t.deepEqual(await resultOf(output), undisturbed);
});

test.serial('damage that was found before a stop is also reported after it', async (t) => {
  const folder = await tempFolder(t);
  const damaged = join(folder, 'damaged.mkv');
  await runFfmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=12:duration=8', '-c:v', 'libx264', '-g', '8'],
    ...['-bf', '0', damaged],
  ]);
  const bytes = await readFile(damaged);
  const from = Math.round(bytes.length * 0.12);
  bytes.fill(0x55, from, from + 500);
  await writeFile(damaged, bytes);
  const commandOf = (output: string): string[] => ['file', damaged, '-o', output, ...fastSettings, ...ffv1];
  const whole = await runProgram(...commandOf(join(folder, 'whole.mkv')));
  t.is(whole.code, 5, whole.stderr);
  const told = damageTold(whole.stderr);
  const output = join(folder, 'out.mkv');
  const { stop, end } = startCommand(...commandOf(output));
  await until(async () => (await segmentLines(output)) >= 4, 'four segments are done');
  stop();
  const stopped = await end;
  t.is(stopped.code, 130, stopped.stderr);
  const again = await runProgram(...commandOf(output));
  t.is(again.code, 5, again.stderr);
  const toldAgain = damageTold(again.stderr);
  // Threads of ffmpeg report a fault some frames earlier or later, or garble the report (`Faults`).
  t.true(
    toldAgain.faults > 0 && Math.abs(toldAgain.faults - told.faults) <= 3,
    JSON.stringify([toldAgain, told]),
  );
  t.true(Math.abs(toldAgain.atS - told.atS) <= 1, `${toldAgain.atS} and ${told.atS}`);
});

test.serial('the same holds for libx264', async (t) => {
  const folder = await tempFolder(t);
  const [whole, output] = [join(folder, 'whole.mkv'), join(folder, 'out.mkv')];
  const request = { input: film, codec: 'libx264', preset: 'ultrafast', ...settings };
  await colorize(t, { ...request, output: whole });
  const { stop, end } = startCommand(...command(output, '--codec', 'libx264', '--preset', 'ultrafast'));
  await until(async () => (await segmentLines(output)) >= 2, 'two segments are done');
  stop();
  t.is((await end).code, 130);
  const again = await colorize(t, { ...request, output });
  t.true(again.resumedFrames >= 2 * segmentFrames);
  t.deepEqual(await resultOf(output), await resultOf(whole));
});

test.serial('only -y replaces an output, and a run that fails never does', async (t) => {
  const folder = join(await tempFolder(t), 'films');
  await mkdir(folder);
  const output = join(folder, 'out.mkv');
  await writeFile(output, 'an older film');
  const refused = await runProgram(...command(output, ...ffv1));
  t.is(refused.code, 6);
  t.regex(refused.stderr, /out\.mkv exists\n {2}what to do: add -y/);
  t.deepEqual(await readdir(folder), ['out.mkv']);
  const failed = await runProgram(...command(output, '-y', '--codec', 'libx264', '--preset', 'nonsense'));
  t.not(failed.code, 0);
  t.is(await readFile(output, 'utf8'), 'an older film');
  const replaced = await runProgram(...command(output, '-y', '--fresh', ...ffv1));
  t.is(replaced.code, 0, replaced.stderr);
  t.true((await stat(output)).size > 100_000);
});
