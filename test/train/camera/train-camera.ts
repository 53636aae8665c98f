import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { AppError } from '../../../src/errors.ts';
import { cameraOutput } from '../../../src/cli/train/camera-output.ts';
import { loadModel, type Model } from '../../../src/model/model.ts';
import { openColorizer } from '../../../src/model/open-colorizer.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { CameraWork } from '../../../src/train/camera/camera-work.ts';
import { requireBetter, trainCamera, type CameraJob } from '../../../src/train/camera/train-camera.ts';
import { runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

/** A fixed view of colour bars, in which a box of changing lightness moves from left to right and back. */
async function makeFootage(folder: string, filter = ''): Promise<string> {
  const path = join(folder, 'camera.mkv');
  const box = `overlay=x='30+25*sin(2*t)':y=30:format=rgb`;
  await runFfmpeg([
    ...['-f', 'lavfi', '-i', 'smptebars=size=96x72:rate=10:duration=6'],
    ...['-f', 'lavfi', '-i', 'color=c=0x203040:size=12x20:rate=10:duration=6'],
    ...['-filter_complex', `[0][1]${box},noise=alls=4:allf=t${filter}`],
    ...['-c:v', 'ffv1', '-pix_fmt', 'yuv444p', path],
  ]);
  return path;
}

/** The starter as if it had been trained on pictures of 72 lines, so that small footage is not enlarged for it. */
async function smallStarter(): Promise<Model> {
  const model = await loadModel('starter');
  const input = { ...model.manifest.input, shortSide: 72 };
  return { ...model, manifest: { ...model.manifest, input } };
}

function jobOf(
  films: readonly string[],
  base: Model,
  output: string,
  reporter: Partial<CameraJob['reporter']> = {},
): CameraJob {
  return {
    name: 'bars',
    films,
    base,
    output,
    part: 'head',
    frames: 24,
    heldOut: 1 / 3,
    views: 1,
    batchSize: 4,
    licence: 'CC0-1.0',
    signal: new AbortController().signal,
    settings: {
      seed: 1,
      epochs: 3,
      clipNorm: 5,
      averageDecay: 0.5,
      embeddingDropout: 0,
      stopAfter: 9,
      objective: { kind: 'huber', lambda: 0, meanWeight: 0, temperature: 0.5 },
      learningRate: { base: 1e-3, schedule: 'cosine', warmUpSteps: 2, patience: 9 },
    },
    reporter: {
      notice: () => undefined,
      part: () => undefined,
      time: () => undefined,
      features: () => undefined,
      start: () => undefined,
      step: () => undefined,
      epoch: () => undefined,
      ...reporter,
    },
  };
}

/** What the first training reported and gave, for later tests. */
const firstRun = {
  order: [] as string[],
  expected: { seconds: 0, pictures: 0 },
  table: undefined as unknown,
  reporter: {
    time: (seconds: number, pictures: number): void => {
      firstRun.order.push('time');
      firstRun.expected = { seconds, pictures };
    },
    features: (): void => void firstRun.order.push('features'),
    step: (): void => void firstRun.order.push('step'),
  },
};

async function refusalOf(t: ExecutionContext, job: CameraJob): Promise<AppError> {
  return await t.throwsAsync(trainCamera(job), { instanceOf: AppError });
}

test.serial(
  'a camera with bright colours gets a small model that is better, for this camera and this base only',
  async (t) => {
    const folder = await tempFolder(t);
    process.env['CHROMAFEED_HOME'] = folder;
    t.teardown(() => delete process.env['CHROMAFEED_HOME']);
    const output = cameraOutput('bars', undefined).dir;
    const base = await smallStarter();
    const result = await trainCamera(jobOf([await makeFootage(folder)], base, output, firstRun.reporter));
    firstRun.table = result.table;
    t.deepEqual(result.faults, []);
    t.notThrows(() => requireBetter('bars', result));
    t.is(result.heldOut.length, 8);
    const { gray, before, after } = result.table;
    t.true(after.all.psnrDb! > gray.all.psnrDb! + 6, JSON.stringify(result.table));
    t.true(after.all.ciede2000! < before.all.ciede2000! / 2);
    t.true(after.masked.psnrDb! > before.masked.psnrDb!);
    t.true(result.bytes < 1_000_000, 'the changed layers alone');
    const sheet = await sharp(result.sheet).metadata();
    t.true(sheet.width >= 4 * 96 && sheet.height >= 5 * 72, `${sheet.width} x ${sheet.height}`);

    const model = await loadModel('bars');
    t.is(model.dir, output, 'its name finds it');
    t.is(model.manifest.base?.name, 'starter');
    t.like(model.manifest.head, { temperature: 0.5 }, 'that of training');
    await using colorizer = await openColorizer({ model, device: 'cpu' });
    const conditions = [new Float32Array(256)];
    const size = { widthPx: 96, heightPx: 72 };
    const [ab] = await colorizer.colorize({ pictures: [result.heldOut[0]!.luma], size, conditions });
    t.is(ab?.length, 2 * 96 * 72);
    const other = { pictures: [new Uint8Array(64 * 64)], size: { widthPx: 64, heightPx: 64 }, conditions };
    const error = await t.throwsAsync(colorizer.colorize(other), { instanceOf: AppError });
    t.is(error.code, 'MODEL_MISMATCH');
    t.regex(error.message, /expected its camera's picture, 96 x 72 .* but got 64 x 64/);

    const path = join(output, 'model.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(model.manifest.base?.sha256 ?? '', '0'.repeat(64)));
    const changed = await t.throwsAsync(loadModel(output), { instanceOf: AppError });
    t.is(changed.code, 'MODEL_MISMATCH');
    t.regex(changed.message, /expected starter with sha256 0{64} but got/);
  },
);

test.serial('a model that is not better is not installed, and the error says why', async (t) => {
  const folder = await tempFolder(t);
  const output = join(folder, 'models', 'bars');
  // The last part has other colours than those that the model was trained on.
  const film = await makeFootage(folder, ",hue=h='if(gt(t,3.9),180,0)'");
  const job = jobOf([film], await smallStarter(), output);
  const result = await trainCamera({ ...job, settings: { ...job.settings, epochs: 1 } });
  t.true(result.faults.length > 0);
  t.false(existsSync(output));
  const error = t.throws(() => requireBetter('bars', result), { instanceOf: AppError });
  t.is(error.code, 'MODEL_MISMATCH');
  t.regex(error.message, /camera "bars": its model was not installed.*PSNR over all pixels/);
});

test('a folder with other files is refused before the films are read', async (t) => {
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'diary.txt'), '');
  const error = await refusalOf(t, jobOf(['no film'], await loadModel('starter'), folder));
  t.is(error.code, 'OUTPUT_EXISTS');
  t.true(existsSync(join(folder, 'diary.txt')));
});

test.serial('gray footage is refused with the count', async (t) => {
  const folder = await tempFolder(t);
  const film = await makeFootage(folder, ',hue=s=0');
  const error = await refusalOf(t, jobOf([film], await smallStarter(), join(folder, 'bars')));
  t.is(error.code, 'INPUT_UNSUPPORTED');
  t.regex(error.message, /got 0 \(24 were gray\)/);
  t.false(existsSync(join(folder, 'bars')));
});

test.serial('an interrupted camera resumes to the same model, and its work folder goes then', async (t) => {
  const folder = await tempFolder(t);
  const film = await makeFootage(folder);
  const base = await smallStarter();
  const output = join(folder, 'broken');
  const stop = new AbortController();
  const told: string[] = [];
  let steps = 0;
  const broken = jobOf([film], base, output);
  const reporter = {
    ...broken.reporter,
    notice: (text: string) => void told.push(text),
    step: () => {
      steps += 1;
      if (steps === 4) stop.abort(new Error('stopped'));
    },
  };
  await t.throwsAsync(trainCamera({ ...broken, signal: stop.signal, reporter }), { message: 'stopped' });
  t.true(existsSync(`${output}.work`));
  t.regex(told.join(' '), /keeps what is done: repeat the command to resume/);
  const before = steps;
  const features: number[] = [];
  const resumed = await trainCamera({
    ...broken,
    reporter: {
      ...reporter,
      step: () => void (steps += 1),
      features: (done: number) => void features.push(done),
    },
  });
  t.regex(told.join(' '), /resuming the unfinished work/);
  t.deepEqual(features, [], 'features are taken up');
  t.is(steps - before, stepsOf(broken) - 4);
  t.deepEqual(resumed.table, firstRun.table, 'as in the first test, which trained on the same footage');
  t.false(existsSync(`${output}.work`));
});

test.serial('leftovers of other settings are cleared; a folder of other files is refused', async (t) => {
  const folder = await tempFolder(t);
  const output = join(folder, 'bars');
  const first = await CameraWork.open(output, 'one');
  await writeFile(join(first.dir, 'leftover'), '');
  const second = await CameraWork.open(output, 'two');
  t.false(second.isResumed);
  t.deepEqual(await readdir(second.dir), ['work.json']);
  await second.remove();
  await mkdir(`${output}.work`);
  await writeFile(join(`${output}.work`, 'mine.txt'), '');
  await t.throwsAsync(CameraWork.open(output, 'one'), {
    code: 'OUTPUT_EXISTS',
    message: /holds mine\.txt/,
  });
});

test.serial('the expected time of a training is reported before it starts', (t) => {
  const { order, expected } = firstRun;
  t.true(expected.seconds > 0 && expected.seconds < 600, `${expected.seconds} s`);
  t.is(expected.pictures, 16);
  t.is(order[0], 'time');
  t.deepEqual([...new Set(order)], ['time', 'features', 'step']);
});

/** 16 pictures for training; an eighth of them is used for validation. */
function stepsOf({ settings, batchSize }: CameraJob): number {
  return settings.epochs * Math.ceil((16 - Math.round(16 / 8)) / batchSize);
}
