import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../src/errors.ts';
import { buildNetwork } from '../../../src/model/onnx/onnx-graph.ts';
import { networkNodes, outputOf, type NetworkSpec } from '../../../src/model/tables/network.ts';
import { weightShapesOf } from '../../../src/model/tables/nodes.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import {
  annealedMean,
  fromTensorflowLayout,
  runNodes,
  toTensorflowLayout,
} from '../../../src/model/tfjs/run-nodes.ts';
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
  const weights = madeWeights(spec);
  const [got, expected] = [runTensorflow(spec, weights), await runOnnx(spec, weights)];
  t.true(Math.max(...expected.map(Math.abs)) > 0.01, 'the answer is not all 0');
  const error = relativeError(got, expected);
  t.true(error < 1e-3, `${error}`);
}

/** Random weights for all layers, the trunk included: uniform, and scaled so that signals keep their size. */
function madeWeights(spec: NetworkSpec): Map<string, { shape: readonly number[]; data: Float32Array }> {
  const uniform = seededRandom(4);
  return new Map(
    [...weightShapesOf(networkNodes(spec), 16, spec.sceneModel)].map(([name, shape]) => {
      const length = shape.reduce((product, side) => product * side, 1);
      const [low, high] = rangeOf(name, length / (shape[0] ?? 1));
      const data = Float32Array.from({ length }, () => low + (high - low) * uniform());
      return [name, { shape, data }];
    }),
  );
}

function rangeOf(name: string, fanIn: number): [number, number] {
  if (name === 'head.bins' || name === 'place.colour') return [-90, 90];
  if (name === 'place.lightness') return [20, 80];
  if (name === 'place.spread') return [1, 4];
  const spread = name.endsWith('.bias') ? 0.2 : Math.sqrt(6 / fanIn);
  return [-spread, spread];
}

function runTensorflow(spec: NetworkSpec, weights: ReturnType<typeof madeWeights>): number[] {
  return tf.tidy(() => {
    const tensors = new Map(
      [...weights].map(([name, { shape, data }]) => [name, toTensorflowLayout(name, shape, data)]),
    );
    const given = new Map([
      ['luma', tf.tensor4d(Float32Array.from(luma), [count, size.heightPx, size.widthPx, 1])],
      ['condition', tf.tensor4d(conditions, [count, 1, 1, 256])],
    ]);
    const values = runNodes(networkNodes(spec), given, {
      weights: (name) => tensors.get(name)!,
      temperature,
      raise,
    });
    // In onnxruntime the channels come first.
    return [...tf.transpose(values.get(outputOf(spec))!, [0, 3, 1, 2]).dataSync()];
  });
}

async function runOnnx(spec: NetworkSpec, weights: ReturnType<typeof madeWeights>): Promise<number[]> {
  const output = outputOf(spec);
  const graph = buildNetwork(spec, (name) => weights.get(name)!.data, { outputs: [output] });
  const session = await InferenceSession.create(graph, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const feeds: Record<string, Tensor> = {
    luma: new Tensor('uint8', luma, [count, 1, size.heightPx, size.widthPx]),
    condition: new Tensor('float32', conditions, [count, 256]),
  };
  if (session.inputNames.includes('temperature')) {
    feeds['temperature'] = new Tensor('float32', Float32Array.of(temperature), []);
    feeds['raise'] = new Tensor('float32', Float32Array.of(raise), []);
  }
  const results = await session.run(feeds);
  await session.release();
  return [...(results[output]!.data as Float32Array)];
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
