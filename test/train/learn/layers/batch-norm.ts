import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { openTensorflow } from '../../../../src/model/tfjs/backend.ts';
import { BatchNorm } from '../../../../src/train/learn/layers/batch-norm.ts';
import { TrainableNetwork } from '../../../../src/train/learn/trainable-network.ts';
import { relativeError } from '../../../helpers/model-fixtures.ts';
import { seededRandom } from '../../../helpers/seeded.ts';

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

function noise(shape: number[], seed: number): tf.Tensor4D {
  const random = seededRandom(seed);
  const count = shape.reduce((product, side) => product * side, 1);
  return tf.tensor4d(
    Float32Array.from({ length: count }, () => 5 * random() - 1),
    shape as [number, number, number, number],
  );
}

test.serial('while training each channel has mean 0 and variance 1 over the batch', (t) => {
  const norm = new BatchNorm(new Map([['layer', 3]]));
  tf.tidy(() => {
    const { mean, variance } = tf.moments(norm.train('layer', noise([2, 4, 5, 3], 1)), [0, 1, 2]);
    t.true(mean.dataSync().every((value) => Math.abs(value) < 1e-5));
    t.true(variance.dataSync().every((value) => Math.abs(value - 1) < 1e-2));
  });
  tf.dispose([...norm.variables.values()]);
});

test.serial('running statistics follow those of the batches by a tenth a step', (t) => {
  const norm = new BatchNorm(new Map([['layer', 1]]));
  let [mean, variance] = [0, 1];
  for (let step = 0; step < 30; step++) {
    tf.tidy(() => {
      const x = noise([2, 3, 3, 1], step);
      norm.train('layer', x);
      const values = [...x.dataSync()];
      const own = values.reduce((sum, value) => sum + value, 0) / values.length;
      mean = 0.9 * mean + 0.1 * own;
      variance =
        0.9 * variance + (0.1 * values.reduce((sum, one) => sum + (one - own) ** 2, 0)) / values.length;
    });
  }
  const got = norm.variables;
  t.true(Math.abs(got.get('layer.mean')!.dataSync()[0]! - mean) < 1e-5);
  t.true(Math.abs(got.get('layer.variance')!.dataSync()[0]! - variance) < 1e-5);
  tf.dispose([...got.values()]);
});

test.serial('a layer without normalisation is not changed', (t) => {
  const norm = new BatchNorm(new Map());
  tf.tidy(() => {
    const x = noise([1, 2, 2, 1], 1);
    t.is(norm.train('layer', x), x);
    t.is(norm.infer('layer', x), x);
  });
});

for (const head of [
  { kind: 'classification', stride: 4, classes: 6 },
  { kind: 'regression', stride: 2 },
] as const) {
  test.serial(`${head.kind}: a network with folded norms gives what it gave with running statistics`, (t) => {
    const plan = { spec: { architecture: 'koalarization', head }, cuts: ['luma'], embeddingSize: 8 } as const;
    using trained = new TrainableNetwork({ ...plan, hasNorm: true }, () => undefined, 1);
    const luma = tf.tidy(() => tf.floor(tf.mul<tf.Tensor4D>(tf.add(noise([2, 16, 24, 1], 3), 1), 50)));
    const embeddings = tf.tidy(() => tf.reshape<tf.Rank.R2>(noise([2, 8, 1, 1], 4), [2, 8]));
    const input = { features: new Map([['luma', luma]]), embeddings };
    for (let step = 0; step < 5; step++) tf.tidy(() => void trained.run(input, 'train', 1));
    const exported = trained.exportWeights();
    t.false([...exported.keys()].some((name) => name.endsWith('.gamma')));
    using plain = new TrainableNetwork({ ...plan, hasNorm: false }, (name) => exported.get(name)?.data, 2);
    const colours = (network: TrainableNetwork): Float32Array =>
      tf.tidy(() => network.run(input, 'infer', 1).ab.dataSync() as Float32Array);
    t.true(relativeError(colours(plain), colours(trained)) < 1e-4);
    tf.dispose([luma, embeddings]);
  });
}
