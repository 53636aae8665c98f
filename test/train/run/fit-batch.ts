import test from 'ava';
import { bundledEmbedding } from '../../../src/model/embedding/embedding-file.ts';
import { loadModel } from '../../../src/model/model.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { openDataset } from '../../../src/train/dataset/dataset.ts';
import { cutsOf } from '../../../src/train/features/cuts.ts';
import { baseOf } from '../../../src/train/run/base-model.ts';
import { classesFor } from '../../../src/train/run/classes.ts';
import { fittingBatch, measureStep, peakBytes, stepBytes } from '../../../src/train/run/fit-batch.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { madeSample, writeMadeDataset } from '../../helpers/training-samples.ts';

const memory = { onePicture: 1e9, eachFurther: 0.5e9 };

test('a batch that fits stays as it is', (t) => {
  t.is(fittingBatch(memory, { batchSize: 3, isFixed: false }, 2e9), 3);
});

test('a default batch that does not fit becomes the largest one that does', (t) => {
  t.is(fittingBatch(memory, { batchSize: 16, isFixed: false }, 3.4e9), 5);
});

test('a batch that the user asked for is refused with the figures and the largest size that fits', (t) => {
  const error = t.throws(() => fittingBatch(memory, { batchSize: 16, isFixed: true }, 3.4e9), {
    code: 'USAGE',
    message: /--batch-size 16: a step needs about 8\.5 GB of memory but WebAssembly has 3\.4 GB for it/,
  });
  t.regex(String((error as Error & { cure?: string }).cure), /--batch-size 5 or less/);
});

test('a single picture that does not fit is refused', (t) => {
  t.throws(() => fittingBatch(memory, { batchSize: 16, isFixed: false }, 0.9e9), {
    code: 'USAGE',
    message: /--batch-size 1: a step needs about 1\.0 GB/,
  });
});

test.serial('the memory of a step is predicted from steps with one and with two pictures', async (t) => {
  await openTensorflow('wasm', { threads: 1 });
  const dir = await tempFolder(t);
  const size = { widthPx: 64, heightPx: 64 };
  await writeMadeDataset(dir, [{ split: 'train', size, samples: [madeSample('one', size)] }]);
  const dataset = await openDataset(dir);
  const base = await baseOf(await loadModel('starter'), await bundledEmbedding());
  const objective = { kind: 'huber', lambda: 0.5, meanWeight: 0, temperature: 0.38 } as const;
  const settings = {
    seed: 1,
    epochs: 1,
    clipNorm: 5,
    averageDecay: 0,
    embeddingDropout: 0,
    stopAfter: 1,
    objective,
    learningRate: { base: 1e-3, schedule: 'plateau', warmUpSteps: 0, patience: 1 },
  } as const;
  const { classes } = classesFor(base, dataset.manifest.prior, objective);
  const cuts = cutsOf(base.spec, 'all');
  const measured = await measureStep(base, cuts, { dataset, settings, classes });
  const four = await peakBytes(base, cuts, { settings, classes, count: 4, size });
  const foretold = stepBytes(measured, 4);
  t.true(Math.abs(foretold - four) < 0.05 * four, `${foretold} foretold, ${four} measured`);
});
