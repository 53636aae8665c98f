import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionOptions } from '../engine/devices.ts';
import type { SizePx } from '../../frame.ts';
import { networkNodes, outputOf, type NetworkSpec } from '../tables/network.ts';
import { conditionSize, nodesFor, type Node } from '../tables/nodes.ts';
import { buildNetwork } from './onnx-graph.ts';
import type { ActivationRanges } from './quantize.ts';

/** A picture to measure with, and the condition of its scene. */
export interface CalibrationPicture {
  readonly size: SizePx;
  /** `[h * w]` full-range bytes */
  readonly luma: Uint8Array;
  /** 256 numbers */
  readonly condition: Float32Array;
}

/**
 * Measures the ranges of a network's values over real pictures, for `BuildOptions.ranges`.
 * @param spec - which network
 * @param weights - as for `buildNetwork`
 * @param pictures - some fifty varied ones; read one after the other
 * @returns the least and greatest number of each value that can have 8 bits
 */
export async function measureRanges(
  spec: NetworkSpec,
  weights: (name: string) => Float32Array,
  pictures: AsyncIterable<CalibrationPicture> | Iterable<CalibrationPicture>,
): Promise<ActivationRanges> {
  const names = quantizedValues(networkNodes(spec), outputOf(spec));
  const graph = buildNetwork(spec, weights, { outputs: names });
  const session = await InferenceSession.create(graph, sessionOptions('cpu', 0));
  const ranges = new Map<string, [number, number]>();
  try {
    for await (const picture of pictures) {
      const feeds = feedsOf(picture, session.inputNames);
      for (const [name, { data }] of Object.entries(await session.run(feeds)))
        ranges.set(name, widen(ranges.get(name), data as Float32Array));
    }
  } finally {
    await session.release();
  }
  return Object.fromEntries(ranges);
}

/** The kinds of nodes whose values have 8 bits. Nodes that only move or blend numbers use the form of their input. */
const quantizedKinds: ReadonlySet<Node['op']['kind']> = new Set([
  'conv',
  'depthwise',
  'add',
  'concat',
  'condition',
]);

/**
 * The values of a network that have 8 bits: all except the scores of the classes, whose differences decide the colour,
 * and the values that the condition is added to.
 */
function quantizedValues(nodes: readonly Node[], output: string): string[] {
  const exact = new Set(
    nodes.flatMap(({ op, inputs }) => (op.kind === 'annealedMean' || op.kind === 'condition' ? inputs : [])),
  );
  return nodesFor(nodes, [output])
    .filter(({ name, op }) => quantizedKinds.has(op.kind) && !exact.has(name))
    .map(({ name }) => name);
}

function feedsOf(
  { size, luma, condition }: CalibrationPicture,
  names: readonly string[],
): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {
    luma: new Tensor('uint8', luma, [1, 1, size.heightPx, size.widthPx]),
    condition: new Tensor('float32', condition, [1, conditionSize]),
  };
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => names.includes(name)));
}

function widen(range: [number, number] | undefined, values: Float32Array): [number, number] {
  let [least, greatest] = range ?? [0, 0];
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
}
