import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../src/errors.ts';
import { buildNetwork } from '../../../src/model/onnx-graph.ts';
import { networkNodes, outputOf, type NetworkSpec } from '../../../src/model/tables/network.ts';
import { weightShapesOf } from '../../../src/model/tables/nodes.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { fromTensorflowLayout, runNodes, toTensorflowLayout } from '../../../src/model/tfjs/run-nodes.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { seededBytes, seededRandom } from '../../helpers/seeded.ts';

const classification = { kind: 'classification', stride: 4, classes: 7 } as const;
const size = { widthPx: 40, heightPx: 24 };
const count = 2;
const temperature = 0.6;
const luma = seededBytes(count * size.widthPx * size.heightPx, 1);
const random = seededRandom(2);
const conditions = Float32Array.from({ length: count * 256 }, () => 2 * random() - 1);

const networks: { readonly title: string; readonly spec: NetworkSpec }[] = [
  { title: 'koalarization, classification', spec: { architecture: 'koalarization', head: classification } },
  {
    title: 'koalarization, regression',
    spec: { architecture: 'koalarization', head: { kind: 'regression', stride: 2 } },
  },
  { title: 'inception-trunk', spec: { architecture: 'inception-trunk', head: classification } },
  {
    title: 'koalarization of a fixed camera',
    spec: { architecture: 'koalarization', head: classification, place: size },
  },
];

for (const { title, spec } of networks) {
  test.serial(`${title}: TensorFlow.js gives on WASM what onnxruntime gives`, async (t) => {
    await openTensorflow('wasm');
    await compare(t, spec);
  });

  test.serial(`${title}: TensorFlow's own library gives what onnxruntime gives`, async (t) => {
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

test.serial("a weight comes back from TensorFlow's layout as it was", async (t) => {
  await openTensorflow('wasm');
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

/** Every weight, the trunk's too: uniform, so wide that signals keep their size from layer to layer. */
function madeWeights(spec: NetworkSpec): Map<string, { shape: readonly number[]; data: Float32Array }> {
  const uniform = seededRandom(4);
  return new Map(
    [...weightShapesOf(networkNodes(spec), 16, spec.place)].map(([name, shape]) => {
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
    });
    // onnxruntime has channels first.
    return [...tf.transpose(values.get(outputOf(spec))!, [0, 3, 1, 2]).dataSync()];
  });
}

async function runOnnx(spec: NetworkSpec, weights: ReturnType<typeof madeWeights>): Promise<number[]> {
  const output = outputOf(spec);
  const graph = buildNetwork(spec, (name) => weights.get(name)!.data, [output]);
  const session = await InferenceSession.create(graph, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const feeds: Record<string, Tensor> = {
    luma: new Tensor('uint8', luma, [count, 1, size.heightPx, size.widthPx]),
    condition: new Tensor('float32', conditions, [count, 256]),
  };
  if (session.inputNames.includes('temperature'))
    feeds['temperature'] = new Tensor('float32', Float32Array.of(temperature), []);
  const results = await session.run(feeds);
  await session.release();
  return [...(results[output]!.data as Float32Array)];
}
