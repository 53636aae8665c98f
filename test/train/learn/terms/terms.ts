import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { bundledEmbedding } from '../../../../src/model/embedding/embedding-file.ts';
import { lumaInput } from '../../../../src/model/tables/nodes.ts';
import { openTensorflow } from '../../../../src/model/tfjs/backend.ts';
import { readTrunkWeights } from '../../../../src/model/weights/trunk-weights.ts';
import { separate } from '../../../../src/train/dataset/pictures/picture-planes.ts';
import { lumaMap } from '../../../../src/train/features/luma-map.ts';
import { binaryCrossEntropy } from '../../../../src/train/learn/objectives.ts';
import { coloursOf } from '../../../../src/train/learn/terms/colour-term.ts';
import { PerceptualTerm } from '../../../../src/train/learn/terms/perceptual-term.ts';
import { sceneTerm } from '../../../../src/train/learn/terms/scene-term.ts';
import { colourfulPicture } from '../../../helpers/colourful-picture.ts';
import { numericGradient } from '../../../helpers/numeric-gradient.ts';

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

const size = { widthPx: 64, heightPx: 48 };
const { luma, ab } = separate(colourfulPicture(size), size);
const { shape, data } = lumaMap(luma, size);
const batch = {
  count: 1,
  features: new Map([[lumaInput, { shape: [1, ...shape] as const, data }]]),
  embeddings: new Float32Array(2),
  ab,
  grid: [48, 64] as const,
};

test.serial(
  'what Inception sees differs more the grayer a picture is, and not at all for the truth',
  async (t) => {
    using term = new PerceptualTerm(2, await readTrunkWeights(await bundledEmbedding()));
    const before = tf.memory().numTensors;
    const prepared = term.prepare(batch);
    const lossOf = (saturation: number): number =>
      tf.tidy(() => {
        const colours = tf.mul<tf.Tensor4D>(coloursOf(batch), saturation);
        return prepared.of({ ab: colours, scores: colours }).dataSync()[0]!;
      });
    const [gray, pale, truth] = [lossOf(0), lossOf(0.5), lossOf(1)];
    t.is(truth, 0);
    t.true(gray > pale && pale > 0.01, `${gray}, ${pale}`);
    const slope = tf.tidy(() => {
      const half = tf.mul<tf.Tensor4D>(coloursOf(batch), 0.5);
      const gradient = tf.grad((x) => prepared.of({ ab: x as tf.Tensor4D, scores: x as tf.Tensor4D }))(half);
      return tf.sum(tf.mul(gradient, coloursOf(batch))).dataSync()[0]!;
    });
    t.true(slope < 0, 'more colour brings it closer to the truth');
    prepared[Symbol.dispose]();
    t.is(tf.memory().numTensors, before);
  },
);

test('the scene term is the mean over the pictures with a label', (t) => {
  const labels = Int16Array.of(1, -1, 0);
  const prepared = sceneTerm(0.5, 2).prepare({ ...batch, count: 3, labels });
  const scores = [0.2, 1.4, 9, -9, 0.5, 0.1];
  const loss = tf.tidy(() => {
    const scenes = tf.tensor4d(scores, [3, 1, 1, 2]);
    return prepared.of({ ab: scenes, scores: scenes, scenes }).dataSync()[0]!;
  });
  const entropy = (right: number, wrong: number): number => Math.log(1 + Math.exp(wrong - right));
  const expected = (0.5 * (entropy(1.4, 0.2) + entropy(0.5, 0.1))) / 2;
  t.true(Math.abs(loss - expected) < 1e-5, `${loss} and ${expected}`);
  prepared[Symbol.dispose]();
  t.throws(() => sceneTerm(1, 2).prepare(batch), { message: /expected pictures with labels but got none/ });
});

for (const isYes of [true, false]) {
  test(`the entropy of ${isYes ? 'yes' : 'no'} and its gradient are those of the formula`, (t) => {
    const at = [-30, -1.5, 0.3, 40];
    const formula = (scores: readonly number[]): number =>
      scores.reduce((sum, x) => sum + Math.log1p(Math.exp(isYes ? -x : x)), 0) / scores.length;
    const loss = (x: tf.Tensor): tf.Scalar => binaryCrossEntropy(x, isYes);
    const value = tf.tidy(() => loss(tf.tensor1d(at)).dataSync()[0]!);
    const gradient = tf.tidy(() => [...tf.grad(loss)(tf.tensor1d(at)).dataSync()]);
    t.true(Math.abs(value - formula(at)) < 1e-5, `${value} and ${formula(at)}`);
    const slopes = numericGradient(formula, at);
    for (const [i, slope] of slopes.entries()) t.true(Math.abs(gradient[i]! - slope) < 1e-6);
  });
}
