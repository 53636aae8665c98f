import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { SizePx } from '../../src/frame.ts';
import { buildGraph } from '../../src/model/onnx/onnx-graph.ts';
import { lumaInput, weightShapesOf, type Node } from '../../src/model/tables/nodes.ts';
import { runNodes, toTensorflowLayout } from '../../src/model/tfjs/run-nodes.ts';
import { seededRandom } from './seeded.ts';

/** A value in ONNX's order, [n, channels, rows, columns]. */
export interface MadeValue {
  readonly shape: readonly [number, number, number, number];
  readonly data: Float32Array | Uint8Array;
}

export type MadeWeights = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/** A network, what goes in and what comes out. */
export interface EngineRun {
  readonly nodes: readonly Node[];
  readonly weights: MadeWeights;
  readonly inputs: ReadonlyMap<string, MadeValue>;
  readonly output: string;
  readonly sceneModel?: SizePx | undefined;
  readonly temperature?: number;
  readonly raise?: number;
}

/** Random weights for some nodes: uniform, and scaled so that signals keep their size. */
export function madeWeights(
  nodes: readonly Node[],
  sceneModel?: SizePx,
  embeddingSize = 16,
): Map<string, { shape: readonly number[]; data: Float32Array }> {
  const uniform = seededRandom(4);
  return new Map(
    [...weightShapesOf(nodes, embeddingSize, sceneModel)].map(([name, shape]) => {
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
  if (name.endsWith('.gamma')) return [0.5, 1];
  const spread = name.endsWith('.bias') ? 0.2 : Math.sqrt(6 / fanIn);
  return [-spread, spread];
}

/** Runs the nodes in TensorFlow.js; the result in ONNX's order. */
export function runTensorflow({
  nodes,
  weights,
  inputs,
  output,
  temperature = 1,
  raise,
}: EngineRun): number[] {
  return tf.tidy(() => {
    const tensors = new Map(
      [...weights].map(([name, { shape, data }]) => [name, toTensorflowLayout(name, shape, data)]),
    );
    const given = new Map(
      [...inputs].map(([name, { shape, data }]) => {
        const value = tf.tensor4d(Float32Array.from(data), [...shape]);
        return [name, tf.transpose(value, [0, 2, 3, 1])];
      }),
    );
    const values = runNodes(nodes, given, {
      weights: (name) => tensors.get(name)!,
      temperature,
      ...(raise === undefined ? {} : { raise }),
    });
    return [...tf.transpose(values.get(output)!, [0, 3, 1, 2]).dataSync()];
  });
}

/** Runs the nodes in onnxruntime. */
export async function runOnnx({
  nodes,
  weights,
  inputs,
  output,
  sceneModel,
  temperature = 1,
  raise = 0,
}: EngineRun): Promise<number[]> {
  const known = [...inputs].filter(([name]) => name !== lumaInput && name !== 'condition');
  const given = known.map(([name, { shape }]) => ({ name, channels: shape[1] }));
  const graph = buildGraph(nodes, (name) => weights.get(name)!.data, [output], { sceneModel, inputs: given });
  const session = await InferenceSession.create(graph, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const scalar = (value: number): Tensor => new Tensor('float32', Float32Array.of(value), []);
  const feeds: [string, Tensor][] = [
    ...[...inputs].map(([name, value]): [string, Tensor] => [name, tensorOf(name, value)]),
    ['temperature', scalar(temperature)],
    ['raise', scalar(raise)],
  ];
  const results = await session.run(
    Object.fromEntries(feeds.filter(([name]) => session.inputNames.includes(name))),
  );
  await session.release();
  return [...(results[output]!.data as Float32Array)];
}

/** The graph's condition is a vector. */
function tensorOf(name: string, { shape, data }: MadeValue): Tensor {
  return new Tensor(data, name === 'condition' ? shape.slice(0, 2) : [...shape]);
}
