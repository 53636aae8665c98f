/** The whole command `chromafeed evaluate`, with the bundled model. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import type { ClipResult, FileResult, PhotoResult } from '../../src/evaluate/figures.ts';
import { clipFigures, photoFigures } from '../../src/evaluate/figures.ts';
import type { EvaluationReport } from '../../src/evaluate/report/json-report.ts';
import { closeChromium, hasChromium, openChromium } from '../helpers/browser.ts';
import { sameLuma, runProgram, startCommand, until } from '../helpers/program.ts';
import type { ProgramEnd } from '../helpers/run-in-process.ts';
import { runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';

const starter = fileURLToPath(new URL('../../../models/starter', import.meta.url));
const frames = 7;

interface Inputs {
  readonly folder: string;
  readonly photos: readonly [string, string];
  readonly clip: string;
  readonly gray: string;
}

/** Two photos, a gray photo, and a clip that is already small and FFV1 4:2:0, so it is its own truth. */
async function makeInputs(t: ExecutionContext): Promise<Inputs> {
  const folder = await tempFolder(t);
  const at = (name: string): string => join(folder, name);
  const pattern = (source: string): string[] => ['-f', 'lavfi', '-i', source, '-frames:v', '1'];
  await runFfmpeg([...pattern('testsrc2=size=96x72'), at('one.png')]);
  await runFfmpeg([...pattern('rgbtestsrc=size=64x96'), '-q:v', '2', at('two.jpg')]);
  await runFfmpeg([...pattern('testsrc2=size=96x72'), '-vf', 'format=gray', at('gray.png')]);
  const clip = ['-frames:v', String(frames), '-pix_fmt', 'yuv420p', '-c:v', 'ffv1', at('clip.mkv')];
  await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=size=160x96:rate=10', ...clip]);
  return { folder, photos: [at('one.png'), at('two.jpg')], clip: at('clip.mkv'), gray: at('gray.png') };
}

async function readReport(path: string): Promise<EvaluationReport> {
  return JSON.parse(await readFile(path, 'utf8')) as EvaluationReport;
}

function resultOf(report: EvaluationReport, model: number, file: string): FileResult {
  const found = report.models[model]?.results.find((result) => result.file === file);
  if (!found) throw new Error(`no result of ${file}`);
  return found;
}

function photoOf(report: EvaluationReport, file: string): PhotoResult {
  const result = resultOf(report, 0, file);
  if (result.kind !== 'photo') throw new Error(`${file} is no photo`);
  return result;
}

function clipOf(report: EvaluationReport, file: string): ClipResult {
  const result = resultOf(report, 0, file);
  if (result.kind !== 'clip') throw new Error(`${file} is no clip`);
  return result;
}

async function rgbOf(path: string): Promise<Uint8Array> {
  return sharp(path).removeAlpha().toColourspace('srgb').raw().toBuffer();
}

/** PSNR with plain loops, as in a textbook. */
function psnr(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return 10 * Math.log10((255 * 255 * a.length) / sum);
}

test.after.always(closeChromium);

const starterOnCpu = ['--model', 'starter', '--device', 'cpu'];

const isNear = (a: number | null, b: number, tolerance: number): boolean =>
  a !== null && Math.abs(a - b) < tolerance;

test.serial(
  'figures are complete, correct and match the output of `file`; a model equals itself',
  async (t) => {
    const { folder, photos, clip, gray } = await makeInputs(t);
    const twin = join(folder, 'twin');
    await cp(starter, twin, { recursive: true });
    const manifest = JSON.parse(await readFile(join(twin, 'model.json'), 'utf8')) as object;
    await writeFile(join(twin, 'model.json'), JSON.stringify({ ...manifest, name: 'twin' }));
    const [json, html] = [join(folder, 'out.json'), join(folder, 'out.html')];
    const models = ['--model', 'starter', '--model', twin, '--device', 'cpu'];
    const end = await runProgram(
      ...['evaluate', ...photos, clip, gray, ...models, '--every', '3', '--json', json, '--report', html],
    );
    t.is(end.code, 1, end.stderr);
    const report = await readReport(json);

    // The gray file is refused with its reason, and all others are measured.
    t.false(report.isComplete);
    t.deepEqual(
      report.failures.map(({ file, code }) => [file, code]),
      [[gray, 'INPUT_UNSUPPORTED']],
    );
    t.regex(end.stderr, /gray\.png: expected true colours to compare with but it is gray/);

    // All figures of all versions exist.
    t.deepEqual(
      report.models.map(({ label }) => label),
      ['starter', 'twin'],
    );
    const film = clipOf(report, clip);
    for (const version of [film.figures.output, film.figures.gray, film.figures.truth]) {
      t.deepEqual(Object.keys(version).sort(), [...clipFigures].sort());
    }
    t.is(film.frames, frames);
    t.true(Object.values(film.figures.output).every((value) => value !== null));
    const still = photoOf(report, photos[0]);
    t.deepEqual(Object.keys(still.figures.output).sort(), [...photoFigures].sort());
    const summary = report.models[0]?.summary;
    t.deepEqual([summary?.photos?.files, summary?.clips?.files], [2, 1]);

    // A model and its copy give the same results for every file.
    for (const file of [...photos, clip]) {
      t.deepEqual(resultOf(report, 1, file).figures, resultOf(report, 0, file).figures, file);
    }
    t.regex(end.stdout, /models side by side: 2 photos/);
    t.regex(end.stdout, /mean of the files +output +gray +truth/);
    t.regex(end.stdout, /not evaluated: INPUT_UNSUPPORTED/);

    await checkPhoto(t, folder, photos[0], still);
    await checkClip(t, folder, clip, film);
    await checkPage(t, html);
  },
);

/** Second method: computes the gray picture directly and makes the output with the command `file`. */
async function checkPhoto(
  t: ExecutionContext,
  folder: string,
  photo: string,
  { figures, lumaDifference }: PhotoResult,
): Promise<void> {
  const truth = await rgbOf(photo);
  const luma = (rgb: Uint8Array): number[] =>
    Array.from({ length: rgb.length / 3 }, (_, i) =>
      Math.round((299 * rgb[3 * i]! + 587 * rgb[3 * i + 1]! + 114 * rgb[3 * i + 2]!) / 1000),
    );
  const gray = luma(truth);
  const grayRgb = gray.flatMap((y) => [y, y, y]);
  t.true(isNear(figures.gray.psnrDb, psnr(grayRgb, truth), 1e-6));
  const [input, output] = [join(folder, 'one-gray.png'), join(folder, 'one-color.png')];
  await sharp(Uint8Array.from(gray), { raw: { width: 96, height: 72, channels: 1 } }).toFile(input);
  const { code, stderr } = await runProgram('file', input, '-o', output, ...starterOnCpu);
  t.is(code, 0, stderr);
  const colored = await rgbOf(output);
  t.true(isNear(figures.output.psnrDb, psnr(colored, truth), 1e-6));
  t.true((figures.output.colourfulness ?? 0) > 1);
  const differences = luma(colored).map((y, i) => Math.abs(y - gray[i]!));
  t.is(Math.max(...differences), lumaDifference);
  t.true(lumaDifference <= 1);
}

async function checkClip(
  t: ExecutionContext,
  folder: string,
  clip: string,
  { figures, lumaDifference }: ClipResult,
): Promise<void> {
  const [input, output] = [join(folder, 'clip-gray.mkv'), join(folder, 'clip-color.mkv')];
  await runFfmpeg(['-i', clip, '-vf', 'lutyuv=u=128:v=128', '-c:v', 'ffv1', input]);
  const colorized = await runProgram('file', input, '-o', output, '--codec', 'ffv1', ...starterOnCpu);
  t.is(colorized.code, 0, colorized.stderr);
  t.is(lumaDifference, 0);
  await sameLuma(t, output, clip);
  t.true(isNear(figures.gray.psnrDb, await ffmpegPsnr(input, clip), 0.02));
  t.true(isNear(figures.output.psnrDb, await ffmpegPsnr(output, clip), 0.02));
  t.is(figures.truth.psnrDb, null);
  t.true(isNear(figures.truth.movingChromaRatio, 1, 1e-9));
  t.is(figures.gray.colourfulness, 0);
}

/** PSNR over all frames from ffmpeg's filter, in R'G'B'. */
async function ffmpegPsnr(first: string, second: string): Promise<number> {
  const rgb = 'scale=flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp,format=gbrp';
  const graph = `[0:v]${rgb}[a];[1:v]${rgb}[b];[a][b]psnr`;
  const log = ['-v', 'info', '-i', first, '-i', second, '-lavfi', graph, '-f', 'null', '-'];
  const { stderr } = await runFfmpeg(log);
  return Number(/PSNR .*average:([\d.]+)/.exec(stderr)?.[1]);
}

/** Checks that the page needs no other files. */
async function checkPage(t: ExecutionContext, path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  t.notRegex(text, /<script|<link|@import|url\(|https?:\/\//);
  t.true([...text.matchAll(/src="([^"]{11})/g)].every(([, start]) => start === 'data:image/'));
  if (!hasChromium) {
    t.log('no Chromium here: the page was not opened');
    return;
  }
  await using page = await openChromium({ widthPx: 360, heightPx: 740 });
  await page.goto(pathToFileURL(path).href);
  const pictures =
    'Promise.all([...document.images].map((image) => image.decode().then(() => image.naturalWidth)))';
  const widths = (await page.evaluate(pictures)) as number[];
  t.true(widths.length >= 18 && widths.every((width) => width >= 64), widths.join(' '));
  const requests = "performance.getEntriesByType('resource').map(({ name }) => name.slice(0, 5))";
  t.true(((await page.evaluate(requests)) as string[]).every((name) => name === 'data:'));
  const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  t.is(await page.evaluate(overflow), 0, 'a phone need not scroll sideways');
  t.deepEqual(page.errors, []);
}

test.serial('a single gray or missing file gives exit code 3, a wrong option gives 2', async (t) => {
  const { folder, gray, photos } = await makeInputs(t);
  t.is((await runProgram('evaluate', gray)).code, 3);
  const missing = await runProgram('evaluate', join(folder, 'none.png'));
  t.is(missing.code, 3);
  t.regex(missing.stderr, /none\.png: no such file/);
  t.is((await runProgram('evaluate', photos[0], '--size', '100')).code, 2);
  t.is((await runProgram('evaluate', photos[0], '--model', folder)).code, 4);
  const blocked = join(gray, 'out.json');
  t.is((await runProgram('evaluate', photos[0], '--json', blocked)).code, 6);
});

test.serial('a stopped run reports what is done, and resumes there', async (t) => {
  const { folder, photos, clip } = await makeInputs(t);
  const work = join(folder, 'work');
  const args = ['evaluate', ...photos, clip, '--work', work, '--json', '-', '--device', 'cpu'];
  const { stop, end } = startCommand(...args);
  const journal = join(work, 'results.jsonl');
  const hasFirst = async (): Promise<boolean> =>
    existsSync(journal) && (await readFile(journal, 'utf8')).includes('\n');
  await until(hasFirst, 'the first file is done');
  stop();
  const stopped = await end;
  t.is(stopped.code, 130, stopped.stderr);
  const first = reportOf(stopped);
  t.false(first.isComplete);
  const done = first.models[0]?.results ?? [];
  t.true(done.length >= 1 && done.length < 3, String(done.length));
  t.regex(stopped.stderr, /one\.png/, 'the table goes to standard error when JSON has standard output');

  const finished = await runProgram(...args);
  t.is(finished.code, 0, finished.stderr);
  const report = reportOf(finished);
  t.true(report.isComplete);
  t.is(report.models[0]?.results.length, 3);
  // Times differ between runs, so an equal time means that the result was kept.
  for (const result of done) t.deepEqual(resultOf(report, 0, result.file), result);
});

function reportOf({ stdout }: ProgramEnd): EvaluationReport {
  return JSON.parse(stdout) as EvaluationReport;
}

test.serial('options limit the evaluation to every second file and to the first frames', async (t) => {
  const { folder, photos, clip } = await makeInputs(t);
  const json = join(folder, 'out.json');
  const files = [photos[0], photos[1], clip];
  const part = ['--every-file', '2', '--frames', '3', '--width', '80', '--device', 'cpu'];
  const { code, stderr, stdout } = await runProgram('evaluate', ...files, ...part, '--json', json);
  t.is(code, 0, stderr);
  const report = await readReport(json);
  t.deepEqual(
    report.models[0]?.results.map(({ file, widthPx }) => [file, widthPx]),
    [
      [photos[0], 80],
      [clip, 80],
    ],
  );
  const { frames: count, figures } = clipOf(report, clip);
  t.is(count, 3);
  t.is(figures.output.cdc, null, 'three frames have no CDC at distance 4');
  t.regex(stdout, /change of colour, CDC × 10⁵ +- +- +-/);
});
