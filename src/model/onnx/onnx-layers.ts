import { leak, transposedKernel, type Activation, type TransposedConvOp } from '../tables/layer-ops.ts';
import type { OnnxBuilder } from './onnx-builder.ts';

/** The attributes of a bilinear Resize with half-pixel centres. */
export const bilinear = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };

/** A graph, and the weights by the tables' names. */
interface LayerContext {
  readonly graph: OnnxBuilder;
  readonly weights: (name: string) => Float32Array;
}

/** Adds an activation. `name`: of its node, for constants */
export function addActivation(
  graph: OnnxBuilder,
  name: string,
  by: Activation,
  inputs: readonly string[],
): string {
  const [input = ''] = inputs;
  const scalar = (label: string, value: number): string =>
    graph.constant(`${name}.${label}`, [], Float32Array.of(value));
  switch (by) {
    case 'none':
      return input;
    case 'relu':
      return graph.add('Relu', [input]);
    case 'relu6':
      return graph.add('Clip', [input, scalar('least', 0), scalar('most', 6)]);
    case 'leakyRelu':
      return graph.add('Max', [input, graph.add('Mul', [input, scalar('leak', leak)])]);
    case 'sigmoid':
      return graph.add('Sigmoid', [input]);
    case 'tanh':
      return graph.add('Tanh', [input]);
  }
}

/** Adds a `TransposedConvOp`. */
export function addTransposedConv(
  { graph, weights }: LayerContext,
  name: string,
  { inChannels, outChannels }: TransposedConvOp,
  inputs: readonly string[],
): string {
  const shape = [outChannels, inChannels, transposedKernel, transposedKernel];
  const stored = graph.constant(`${name}.weight`, shape, weights(`${name}.weight`));
  const weight = graph.add('Transpose', [stored], { perm: [1, 0, 2, 3] });
  const bias = graph.constant(`${name}.bias`, [outChannels], weights(`${name}.bias`));
  const sum = graph.add('ConvTranspose', [...inputs, weight, bias], {
    kernel_shape: [transposedKernel, transposedKernel],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  });
  return graph.add('Relu', [sum]);
}

/** Adds an `AttentionOp`. Positions are numbered row by row. */
export function addAttention(
  { graph, weights }: LayerContext,
  name: string,
  [x = '', query = '', key = '', value = '']: readonly string[],
): string {
  // 0 keeps a size, -1 is what is left.
  const flat = graph.constant(`${name}.flat`, [3], BigInt64Array.of(0n, 0n, -1n));
  const positions = (map: string): string => graph.add('Reshape', [map, flat]);
  const turned = (matrix: string): string => graph.add('Transpose', [matrix], { perm: [0, 2, 1] });
  const scores = graph.add('MatMul', [turned(positions(query)), positions(key)]);
  const shares = graph.add('Softmax', [scores], { axis: -1 });
  const seen = graph.add('MatMul', [shares, turned(positions(value))]);
  const map = graph.add('Reshape', [turned(seen), graph.add('Shape', [x])]);
  const gamma = graph.constant(`${name}.gamma`, [1], weights(`${name}.gamma`));
  return graph.add('Add', [x, graph.add('Mul', [map, gamma])]);
}

/** Adds a bilinear change to a fixed size. */
export function addResizeTo(
  graph: OnnxBuilder,
  name: string,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  [value = '']: readonly string[],
): string {
  const constant = (label: string, ...numbers: bigint[]): string =>
    graph.constant(`${name}.${label}`, [numbers.length], BigInt64Array.from(numbers));
  const depth = graph.add('Slice', [graph.add('Shape', [value]), constant('zero', 0n), constant('two', 2n)]);
  const sides = constant('sides', BigInt(rows), BigInt(columns));
  return graph.add('Resize', [value, '', '', graph.add('Concat', [depth, sides], { axis: 0 })], bilinear);
}
