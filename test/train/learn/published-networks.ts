/** Small copies of the published networks learn a batch by heart, and are exported with their norms folded in. */
import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { critic, criticInput, criticScores, leastCriticSide } from '../../../src/model/tables/critic.ts';
import { networkNodes, type NetworkSpec } from '../../../src/model/tables/network.ts';
import { lumaInput } from '../../../src/model/tables/nodes.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { Adam } from '../../../src/train/learn/adam.ts';
import { crossEntropy } from '../../../src/train/learn/objectives.ts';
import { TrainableLayers } from '../../../src/train/learn/layers/trainable-layers.ts';
import { TrainableNetwork } from '../../../src/train/learn/trainable-network.ts';
import { runOnnx, type MadeValue } from '../../helpers/engine-runs.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { seededBytes } from '../../helpers/seeded.ts';

test.before(() => openTensorflow('wasm', { threads: 1 }));

const count = 2;
const side = 32;
const luma = seededBytes(count * side * side, 1);
const bins = Float32Array.of(-40, 0, 40, 0, 0, 40, 0, -40);
const classification = { kind: 'classification', stride: 4, classes: 4 } as const;
const regression = { kind: 'regression', stride: 2 } as const;
const width = 1 / 16;

const specs: readonly NetworkSpec[] = [
  { architecture: 'zhang-2016', head: classification, width },
  { architecture: 'resnet-unet', head: classification, width, hasAttention: true },
  { architecture: 'resnet-unet', head: regression, width },
  { architecture: 'iizuka-2016', head: regression, width, sceneClasses: 3 },
];

/** Left half of a picture in one colour, right half in another. */
function truth(rows: number): tf.Tensor4D {
  const cells = Array.from({ length: count * rows * rows }, (_, at) =>
    at % rows < rows / 2 ? [30, 10] : [-30, 20],
  );
  return tf.tensor4d(cells.flat(), [count, rows, rows, 2]);
}

for (const spec of specs) {
  const title = `${spec.architecture}, ${spec.head.kind}`;
  test.serial(
    `${title}: the loss falls by a third in some steps, and the export colours the same`,
    async (t) => {
      const plan = { spec, cuts: [lumaInput], embeddingSize: 4, hasNorm: true };
      using network = new TrainableNetwork(plan, (name) => (name === 'head.bins' ? bins : undefined), 1);
      using optimizer = new Adam(network.trained, 10);
      const input = {
        features: new Map([[lumaInput, tf.tensor4d(Float32Array.from(luma), [count, side, side, 1])]]),
        embeddings: tf.zeros<tf.Rank.R2>([count, 4]),
      };
      const loss = (): tf.Scalar =>
        tf.tidy(() => {
          const { ab, scenes } = network.run(input, 'train', 1);
          const distance = tf.mean(tf.square(tf.div(tf.sub(ab, truth(ab.shape[1])), 30)));
          if (scenes === undefined) return distance as tf.Scalar;
          const kinds = tf.tensor4d([1, 0, 0, 0, 0, 1], [count, 1, 1, 3]);
          return tf.add(distance, crossEntropy(scenes, kinds, tf.ones([count, 1, 1])));
        });
      const losses = Array.from({ length: 8 }, (_, step) => optimizer.step(loss, step, 6e-3).loss);
      t.true((losses.at(-1) ?? NaN) < 0.7 * (losses[0] ?? NaN), losses.join(' '));

      const trained = tf.tidy(() => {
        const { ab } = network.run(input, 'infer', 1);
        return [...tf.transpose(ab, [0, 3, 1, 2]).dataSync()];
      });
      const exported = await runOnnx({
        nodes: networkNodes(spec),
        weights: network.exportWeights(),
        inputs: new Map([[lumaInput, { shape: [count, 1, side, side], data: luma }]]),
        output: 'ab',
      });
      t.true(relativeError(exported, trained) < 1e-3);
      tf.dispose([...input.features.values(), input.embeddings]);
    },
  );
}

test.serial('a critic learns to tell pictures apart, and its export gives the same scores', async (t) => {
  const patch = leastCriticSide({ blocks: 1 });
  const nodes = critic({ width: 1 / 32, blocks: 1 });
  using layers = new TrainableLayers({ nodes, embeddingSize: 0, hasNorm: false }, () => undefined, 1);
  using optimizer = new Adam(layers.trained, 10);
  const random = seededBytes(2 * 3 * patch * patch, 2);
  const data = Float32Array.from(random, (byte, i) => (i < random.length / 2 ? byte / 255 : -byte / 255));
  const pictures = tf.tensor4d(data, [2, patch, patch, 3]);
  const scoresOf = (mode: 'train' | 'infer'): tf.Tensor4D =>
    layers.run(new Map([[criticInput, pictures]]), mode).get(criticScores)!;
  // The hinge loss: the first picture is real, the second one is not.
  const loss = (): tf.Scalar =>
    tf.tidy(() => tf.mean(tf.relu(tf.sub(1, tf.mul(scoresOf('train'), tf.tensor4d([1, -1], [2, 1, 1, 1]))))));
  const losses = Array.from({ length: 25 }, (_, step) => optimizer.step(loss, step, 2e-3).loss);
  t.true((losses.at(-1) ?? NaN) < 0.6 * (losses[0] ?? NaN), losses.join(' '));

  const gamma = layers.weight('critic.0.attention.gamma')!.dataSync()[0] ?? 0;
  t.not(gamma, 0, 'self-attention has begun to count');
  const [trained, first] = tf.tidy(() => [
    [...scoresOf('infer').dataSync()],
    [...tf.transpose(pictures, [0, 3, 1, 2]).dataSync()],
  ]);
  const seen: MadeValue = { shape: [2, 3, patch, patch], data: Float32Array.from(first) };
  const exported = await runOnnx({
    nodes,
    weights: layers.exportWeights(),
    inputs: new Map([[criticInput, seen]]),
    output: criticScores,
  });
  t.true(relativeError(exported, trained) < 1e-3);
  pictures.dispose();
});
