import * as tf from '@tensorflow/tfjs-core';
import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../src/errors.ts';
import { critic, criticInput, criticScores, leastCriticSide } from '../../../src/model/tables/critic.ts';
import { iizuka2016, sceneScores } from '../../../src/model/tables/iizuka-2016.ts';
import { networkNodes, outputOf, type NetworkSpec } from '../../../src/model/tables/network.ts';
import { nodesFor } from '../../../src/model/tables/nodes.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { annealedMean, fromTensorflowLayout, toTensorflowLayout } from '../../../src/model/tfjs/run-nodes.ts';
import {
  madeWeights,
  runOnnx,
  runTensorflow,
  type EngineRun,
  type MadeValue,
} from '../../helpers/engine-runs.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { seededBytes, seededRandom } from '../../helpers/seeded.ts';

const classification = { kind: 'classification', stride: 4, classes: 7 } as const;
const size = { widthPx: 40, heightPx: 24 };
const count = 2;
const temperature = 0.6;
const raise = 0.4;
const luma = seededBytes(count * size.widthPx * size.heightPx, 1);
const random = seededRandom(2);
const conditions = Float32Array.from({ length: count * 256 }, () => 2 * random() - 1);
const inputs = new Map<string, MadeValue>([
  ['luma', { shape: [count, 1, size.heightPx, size.widthPx], data: luma }],
  ['condition', { shape: [count, 256, 1, 1], data: conditions }],
]);
/** Few channels, so that a test takes no second. */
const width = 1 / 16;

const networks: { readonly title: string; readonly spec: NetworkSpec }[] = [
  { title: 'koalarization, classification', spec: { architecture: 'koalarization', head: classification } },
  {
    title: 'koalarization, regression',
    spec: { architecture: 'koalarization', head: { kind: 'regression', stride: 2 } },
  },
  {
    title: 'inception-trunk, faded',
    spec: { architecture: 'inception-trunk', head: { ...classification, fade: 2 } },
  },
  {
    title: 'koalarization of a fixed camera',
    spec: { architecture: 'koalarization', head: classification, sceneModel: size },
  },
  {
    title: 'efficientnet-lite0, enlarged by 1.25',
    spec: {
      architecture: 'efficientnet-lite',
      encoder: { width: 1, depth: 1, enlargement: 1.25 },
      head: classification,
    },
  },
  {
    title: 'efficientnet-lite2 of a fixed camera',
    spec: {
      architecture: 'efficientnet-lite',
      encoder: { width: 1.1, depth: 1.2, enlargement: 1 },
      head: classification,
      sceneModel: size,
    },
  },
  {
    title: 'efficientnet-lite0 with self-attention',
    spec: {
      architecture: 'efficientnet-lite',
      encoder: { width: 1, depth: 1, enlargement: 1 },
      hasAttention: true,
      head: classification,
    },
  },
  { title: 'zhang-2016', spec: { architecture: 'zhang-2016', head: classification, width } },
  {
    title: 'iizuka-2016',
    spec: { architecture: 'iizuka-2016', head: { kind: 'regression', stride: 2 }, width },
  },
  {
    title: 'resnet-unet with self-attention, classification',
    spec: { architecture: 'resnet-unet', head: classification, width, hasAttention: true },
  },
  {
    title: 'resnet-unet, regression',
    spec: { architecture: 'resnet-unet', head: { kind: 'regression', stride: 2 }, width },
  },
];

for (const { title, spec } of networks) {
  test.serial(`${title}: TensorFlow.js on WASM gives the same result as onnxruntime`, async (t) => {
    await openTensorflow('wasm', { threads: 1 });
    await compare(t, spec);
  });

  test.serial(`${title}: TensorFlow's own library gives the same result as onnxruntime`, async (t) => {
    try {
      await openTensorflow('native');
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      t.log(`skipped: ${error.message}`);
      t.pass();
      return;
    }
    await compare(t, spec);
  });
}

test.serial('a critic: TensorFlow.js on WASM gives the same result as onnxruntime', async (t) => {
  await openTensorflow('wasm', { threads: 1 });
  const nodes = critic({ width: 1 / 32 });
  const side = leastCriticSide() + 8;
  const colours = Float32Array.from({ length: 2 * 3 * side * side }, () => 2 * random() - 1);
  const seen = new Map<string, MadeValue>([[criticInput, { shape: [2, 3, side, side], data: colours }]]);
  await compareRuns(t, { nodes, weights: madeWeights(nodes), inputs: seen, output: criticScores });
});

test.serial("Iizuka's class head gives the same scores in both engines", async (t) => {
  await openTensorflow('wasm', { threads: 1 });
  const nodes = nodesFor(iizuka2016({ width, sceneClasses: 6 }), [sceneScores]);
  await compareRuns(t, { nodes, weights: madeWeights(nodes), inputs, output: sceneScores });
});

test.serial("a weight is the same after conversion to TensorFlow's layout and back", async (t) => {
  await openTensorflow('wasm', { threads: 1 });
  const shapes: [string, number[]][] = [
    ['a.weight', [5, 4, 3, 2]],
    ['a.bias', [5]],
    ['fusion.embedding.weight', [6, 4]],
    ['head.bins', [6, 2]],
  ];
  for (const [name, shape] of shapes) {
    const data = Float32Array.from({ length: shape.reduce((product, side) => product * side) }, (_, i) => i);
    const weight = toTensorflowLayout(name, shape, data);
    t.deepEqual(fromTensorflowLayout(name, weight), data, name);
    weight.dispose();
  }
});

async function compare(t: ExecutionContext, spec: NetworkSpec): Promise<void> {
  const nodes = networkNodes(spec);
  const run: EngineRun = {
    nodes,
    weights: madeWeights(nodes, spec.sceneModel),
    inputs,
    output: outputOf(spec),
    sceneModel: spec.sceneModel,
    temperature,
    raise,
  };
  await compareRuns(t, run);
}

async function compareRuns(t: ExecutionContext, run: EngineRun): Promise<void> {
  const [got, expected] = [runTensorflow(run), await runOnnx(run)];
  t.true(Math.max(...expected.map(Math.abs)) > 0.01, 'the answer is not all 0');
  const error = relativeError(got, expected);
  t.true(error < 1e-3, `${error}`);
}

/** The colour of one position by the formula in `AnnealedMeanOp`, number by number. */
function fadedByHand(
  scores: readonly number[],
  bins: readonly [number, number][],
  T: number,
  fade: number,
): number[] {
  const powers = scores.map((score) => Math.exp(score / T));
  const sum = powers.reduce((a, b) => a + b);
  let [a, b, chroma] = [0, 0, 0];
  for (const [k, [binA, binB]] of bins.entries()) {
    const share = (powers[k] ?? NaN) / sum;
    a += share * binA;
    b += share * binB;
    chroma += share * Math.hypot(binA, binB);
  }
  const ratio = Math.sqrt(a * a + b * b + 0.01) / (chroma + 0.1);
  return [a * ratio ** fade, b * ratio ** fade];
}

const opposite: [number, number][] = [
  [40, 0],
  [-40, 0],
  [30, 10],
];

test.serial(
  'colour fades where the likely classes disagree about the hue, and does not change where they agree',
  async (t) => {
    await openTensorflow('wasm', { threads: 1 });
    const places = [
      [1, 1, -9], // blue or orange
      [1, -9, 1], // almost the same hue
      [0.3, 0.1, 0.2],
    ];
    const colours = (fade: number): number[] =>
      tf.tidy(() => {
        const scores = tf.tensor4d(places.flat(), [1, 1, 3, 3]);
        return [...annealedMean(scores, tf.tensor2d(opposite), { temperature: 0.5, fade }).dataSync()];
      });
    for (const fade of [0, 1, 2.5]) {
      const expected = places.flatMap((scores) => fadedByHand(scores, opposite, 0.5, fade));
      for (const [i, value] of colours(fade).entries()) t.true(Math.abs(value - (expected[i] ?? NaN)) < 1e-3);
    }
    const [plain, faded] = [colours(0), colours(2)];
    t.true(Math.abs(faded[0] ?? NaN) < 0.01);
    t.true((faded[2] ?? NaN) > 0.95 * (plain[2] ?? NaN));
    t.true((faded[4] ?? NaN) < 0.5 * (plain[4] ?? NaN));
  },
);

test.serial('fading has a finite gradient where there is no colour at all', async (t) => {
  await openTensorflow('wasm', { threads: 1 });
  const gradient = tf.tidy(() => {
    const bins = tf.tensor2d(opposite.slice(0, 2));
    const loss = (scores: tf.Tensor): tf.Scalar =>
      tf.sum(tf.square(tf.sub(annealedMean(scores as tf.Tensor4D, bins, { temperature: 0.5, fade: 2 }), 3)));
    return [
      ...tf
        .grad(loss)(tf.tensor4d([0.2, 0.2], [1, 1, 1, 2]))
        .dataSync(),
    ];
  });
  t.true(gradient.every(Number.isFinite), gradient.join(' '));
});
