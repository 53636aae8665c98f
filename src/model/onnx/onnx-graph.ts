import type { SizePx } from '../../frame.ts';
import { lightnessTable } from '../color/lab.ts';
import { requireValue } from '../require-value.ts';
import { OnnxBuilder } from './onnx-builder.ts';
import { networkNodes, outputOf, type NetworkSpec } from '../tables/network.ts';
import { Quantizer, type ActivationRanges } from './quantize.ts';
import { addSceneModelBlend, addSceneModelInput } from './onnx-scene-model.ts';
import {
  chromasOf,
  conditionInput,
  conditionSize,
  fadeFloor,
  lumaInput,
  nodesFor,
  raiseUnit,
} from '../tables/nodes.ts';
import { layerOf, paddingOf, type Activation, type ConvOp, type PoolOp } from '../tables/layer-ops.ts';
import type { AnnealedMeanOp, ConditionOp, DepthwiseOp, Node } from '../tables/nodes.ts';
import { addActivation, addAttention, addResizeTo, addTransposedConv, bilinear } from './onnx-layers.ts';

/**
 * Builds a network as an ONNX model.
 * Inputs: `luma` uint8 [n, 1, h, w], full-range bytes, any n, h and w multiples of 8; `condition` float [n, 256] (see
 * `sceneCondition`) if the outputs need it; with the annealed mean of the classification head also `temperature` and
 * `raise` (see `PackedBatch`), float scalars. Outputs: floats [n, channels, rows, columns], named like the nodes.
 * @param spec - which network
 * @param weights - by name, as its nodes list them; read, not kept
 * @returns the encoded model; a new array the caller owns
 */
export function buildNetwork(
  spec: NetworkSpec,
  weights: (name: string) => Float32Array,
  { outputs = [outputOf(spec)], inputs = [], ranges }: BuildOptions = {},
): Uint8Array {
  const known = inputs.map(({ name }) => name);
  const nodes = nodesFor(networkNodes(spec), outputs, known);
  return buildGraph(nodes, weights, outputs, { sceneModel: spec.sceneModel, inputs, ranges });
}

/** A value that comes from outside, floats [n, channels, rows, columns]. */
export interface FloatInput {
  readonly name: string;
  readonly channels: number;
}

/** Options of `buildNetwork`. */
export interface BuildOptions {
  /** names of the values to compute; absent: `ab` [n, 2, h/stride, w/stride], CIE a*, b* (D65) */
  readonly outputs?: readonly string[] | undefined;
  /** values that the caller provides in place of the nodes that compute them; absent: only `luma` */
  readonly inputs?: readonly FloatInput[] | undefined;
  /** the result of `measureRanges`, with which the network computes in 8 bits; absent: it computes in float32 */
  readonly ranges?: ActivationRanges | undefined;
}

/**
 * Builds any nodes as an ONNX model; see `buildNetwork`.
 * @param nodes - all nodes that the outputs depend on
 * @param extra - `sceneModel`: luma size of a fixed camera, where there are nodes for it; `inputs`, `ranges`: see
 *   `BuildOptions`
 */
export function buildGraph(
  nodes: readonly Node[],
  weights: (name: string) => Float32Array,
  outputs: readonly string[],
  {
    sceneModel,
    inputs: given = [],
    ranges = {},
  }: Omit<BuildOptions, 'outputs'> & { readonly sceneModel?: SizePx | undefined } = {},
): Uint8Array {
  const graph = new OnnxBuilder('chromafeed');
  const context = { graph, weights, sceneModel, quantizer: new Quantizer(graph, ranges) };
  const values = new Map<string, string>();
  if (nodes.some(({ inputs }) => inputs.includes(lumaInput)))
    values.set(lumaInput, graph.input(lumaInput, 'uint8', ['n', 1, 'h', 'w']));
  for (const { name, channels } of given)
    values.set(name, graph.input(name, 'float32', ['n', channels, `${name}.rows`, `${name}.columns`]));
  for (const node of nodes) {
    const inputs = node.inputs.map((name) => requireValue(values, name));
    values.set(node.name, addQuantized(context, node, inputs));
  }
  for (const name of outputs) {
    graph.output(requireValue(values, name), name, [
      'n',
      `${name}.channels`,
      `${name}.rows`,
      `${name}.columns`,
    ]);
  }
  return graph.encode();
}

interface Context {
  readonly graph: OnnxBuilder;
  readonly weights: (name: string) => Float32Array;
  readonly sceneModel: SizePx | undefined;
  readonly quantizer: Quantizer;
}

/** Adds a node. Its value gets 8 bits if it has a range, or if it only moves the numbers of such a value. */
function addQuantized(context: Context, node: Node, inputs: readonly string[]): string {
  const { quantizer } = context;
  const [input = ''] = inputs;
  const { name, op } = node;
  const value = addNode(context, node, inputs);
  if (quantizer.has(name)) return quantizer.activation(name, value);
  return op.kind === 'resizeLike' ? quantizer.like(name, value, input) : value;
}

function addNode(context: Context, { name, op }: Node, inputs: readonly string[]): string {
  const { graph } = context;
  switch (op.kind) {
    case 'lightness':
      return addLightness(graph, inputs);
    case 'grayStack':
      return addGrayStack(graph, inputs);
    case 'shiftScale':
      return addShiftScale(graph, name, op, inputs);
    case 'reflectPad': {
      const pads = [0, 0, op.before, op.before, 0, 0, op.after, op.after].map(BigInt);
      const padding = graph.constant(`${name}.pads`, [8], BigInt64Array.from(pads));
      return graph.add('Pad', [...inputs, padding], { mode: 'reflect' });
    }
    case 'enlarge': {
      const [numerator, denominator] = op.factor;
      return addResize(graph, name, inputs, numerator / denominator);
    }
    case 'resizeLike':
      return addResizeLike(graph, name, inputs, op.divisor);
    case 'upsample':
      return addUpsampling(graph, name, inputs);
    case 'concat':
      return graph.add('Concat', inputs, { axis: 1 });
    case 'add':
      return graph.add('Add', inputs);
    case 'scale':
      return graph.add('Mul', [...inputs, graph.constant(`${name}.factor`, [], Float32Array.of(op.factor))]);
    case 'conv':
      return addConv(context, name, op, inputs);
    case 'transposedConv':
      return addTransposedConv(context, name, op, inputs);
    case 'depthwise':
      return addDepthwise(context, name, op, inputs);
    case 'activation':
      return addActivation(graph, name, op.by, inputs);
    case 'attention':
      return addAttention(context, name, inputs);
    case 'globalMean':
      return graph.add('GlobalAveragePool', inputs);
    case 'resizeTo':
      return addResizeTo(graph, name, op, inputs);
    case 'dropout':
      return graph.add('Identity', inputs);
    case 'condition':
      return addCondition(context, name, op, inputs);
    case 'pool':
      return addPool(graph, op, inputs);
    case 'annealedMean':
      return addAnnealedMean(context, op, inputs);
    case 'sceneModelInput':
      if (context.sceneModel === undefined)
        throw new TypeError('expected the picture size of a fixed camera');
      return addSceneModelInput(graph, context.weights, context.sceneModel, [
        addLightness(graph, inputs),
        ...inputs.slice(1),
      ]);
    case 'sceneModelBlend':
      return addSceneModelBlend(graph, inputs);
  }
}

/** L* / 50 - 1 of each byte, looked up in a table of 256. */
function addLightness(graph: OnnxBuilder, inputs: readonly string[]): string {
  const [luma] = inputs;
  if (luma === undefined) throw new TypeError('lightness: expected an input');
  const table = graph.constant(
    `lightness.table.${graph.size}`,
    [256],
    lightnessTable().map((lightness) => lightness / 50 - 1),
  );
  return graph.add('Gather', [table, graph.cast(luma, 'int32')], { axis: 0 });
}

function addGrayStack(graph: OnnxBuilder, inputs: readonly string[]): string {
  const half = graph.constant('gray.half', [], Float32Array.of(127.5));
  const one = graph.constant('gray.one', [], Float32Array.of(1));
  const floats = inputs.map((value) => graph.cast(value, 'float32'));
  const gray = graph.add('Sub', [graph.add('Div', [...floats, half]), one]);
  return graph.add('Concat', [gray, gray, gray], { axis: 1 });
}

function addShiftScale(
  graph: OnnxBuilder,
  name: string,
  { centre, unit }: { readonly centre: number; readonly unit: number },
  inputs: readonly string[],
): string {
  const floats = inputs.map((value) => graph.cast(value, 'float32'));
  const shifted = graph.add('Sub', [
    ...floats,
    graph.constant(`${name}.centre`, [], Float32Array.of(centre)),
  ]);
  return graph.add('Div', [shifted, graph.constant(`${name}.unit`, [], Float32Array.of(unit))]);
}

function addResize(graph: OnnxBuilder, name: string, inputs: readonly string[], factor: number): string {
  const scales = graph.constant(`${name}.scales`, [4], Float32Array.of(1, 1, factor, factor));
  return graph.add('Resize', [...inputs, '', scales], bilinear);
}

function addResizeLike(
  graph: OnnxBuilder,
  name: string,
  [value, like]: readonly string[],
  divisor = 1,
): string {
  if (value === undefined || like === undefined) throw new TypeError(`${name}: expected two inputs`);
  const index = (label: string, at: bigint): string =>
    graph.constant(`${name}.${label}`, [1], BigInt64Array.of(at));
  const [zero, two, four] = [index('zero', 0n), index('two', 2n), index('four', 4n)];
  const depth = graph.add('Slice', [graph.add('Shape', [value]), zero, two]);
  const its = graph.add('Slice', [graph.add('Shape', [like]), two, four]);
  const sides = divisor === 1 ? its : graph.add('Div', [its, index('divisor', BigInt(divisor))]);
  return graph.add('Resize', [value, '', '', graph.add('Concat', [depth, sides], { axis: 0 })], bilinear);
}

function addUpsampling(graph: OnnxBuilder, name: string, inputs: readonly string[]): string {
  const scales = graph.constant(`${name}.scales`, [4], Float32Array.of(1, 1, 2, 2));
  return graph.add('Resize', [...inputs, '', scales], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}

function addConv(context: Context, name: string, op: ConvOp, inputs: readonly string[]): string {
  const { graph } = context;
  const { inChannels, outChannels, kernel, stride, dilation = 1, activation } = op;
  const pads = paddingOf(op);
  const shape = [outChannels, inChannels, ...kernel];
  const layer = layerOf(name, op);
  const constants = addConvWeights(context, name, { layer, shape, hasBias: op.hasBias }, inputs);
  const sum = graph.add('Conv', [...inputs, ...constants], {
    kernel_shape: kernel,
    strides: [stride, stride],
    dilations: [dilation, dilation],
    pads: [...pads, ...pads],
  });
  return addOwnActivation(context, name, activation, sum);
}

/** The weights of a convolution, in 8 bits if its input has them, and its bias. */
function addConvWeights(
  { graph, weights, quantizer }: Context,
  name: string,
  {
    layer,
    shape,
    hasBias,
  }: { readonly layer: string; readonly shape: readonly number[]; readonly hasBias: boolean },
  [input = '']: readonly string[],
): string[] {
  const weight = weights(`${layer}.weight`);
  if (hasBias && quantizer.has(name) && quantizer.isQuantized(input))
    return quantizer.convolution(name, input, shape, { weight, bias: weights(`${layer}.bias`) });
  const weightValue = graph.constant(`${layer}.weight`, shape, weight);
  if (!hasBias) return [weightValue];
  return [weightValue, graph.constant(`${layer}.bias`, shape.slice(0, 1), weights(`${layer}.bias`))];
}

/** 8 bits hold nothing below 0 or above the range, so a value that has them needs no ReLU. */
function addOwnActivation(
  { graph, quantizer }: Context,
  name: string,
  activation: Activation,
  sum: string,
): string {
  const isBounded = (activation === 'relu' || activation === 'relu6') && quantizer.has(name);
  return isBounded ? sum : addActivation(graph, name, activation, [sum]);
}

function addDepthwise(
  context: Context,
  name: string,
  { channels, kernel, stride }: DepthwiseOp,
  inputs: readonly string[],
): string {
  const { graph } = context;
  const shape = [channels, 1, kernel, kernel];
  const constants = addConvWeights(context, name, { layer: name, shape, hasBias: true }, inputs);
  const pad = (kernel - 1) / 2;
  const sum = graph.add('Conv', [...inputs, ...constants], {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
    group: channels,
  });
  return addOwnActivation(context, name, 'relu6', sum);
}

function addCondition(
  { graph, weights }: Context,
  name: string,
  op: ConditionOp,
  inputs: readonly string[],
): string {
  const condition = graph.input(conditionInput, 'float32', ['n', conditionSize]);
  const bias = graph.constant(op.bias, [conditionSize], weights(op.bias));
  const axes = graph.constant(`${name}.axes`, [2], BigInt64Array.of(2n, 3n));
  const offset = graph.add('Unsqueeze', [graph.add('Add', [condition, bias]), axes]);
  return graph.add('Relu', [graph.add('Add', [...inputs, offset])]);
}

/** Like TensorFlow's mean, ONNX's mean does not count the padding. */
function addPool(graph: OnnxBuilder, op: PoolOp, inputs: readonly string[]): string {
  const kernel = { kernel_shape: [3, 3] };
  const pads = op.padding === 'same' ? [1, 1, 1, 1] : [0, 0, 0, 0];
  if (op.by === 'max') return graph.add('MaxPool', inputs, { ...kernel, strides: [2, 2], pads });
  return graph.add('AveragePool', inputs, { ...kernel, strides: [1, 1], pads: [1, 1, 1, 1] });
}

/**
 * Zhang et al. 2016, equation 5. The classes are moved to the last axis first. onnxruntime's softmax over another
 * axis took 3.9 ms of the 95 ms for a 256 x 144 picture; this way all steps together take 0.4 ms.
 */
function addAnnealedMean(
  { graph, weights }: Context,
  op: AnnealedMeanOp,
  [value]: readonly string[],
): string {
  if (value === undefined) throw new TypeError('annealedMean: expected an input');
  const temperature = graph.input('temperature', 'float32', []);
  const bins = graph.constant(op.bins, [op.classes, 2], weights(op.bins));
  const raised = graph.add('Add', [value, addRaise({ graph, weights }, op)]);
  const scores = graph.add('Transpose', [graph.add('Div', [raised, temperature])], { perm: [0, 2, 3, 1] });
  const shares = graph.add('Softmax', [scores], { axis: -1 });
  const mean = graph.add('MatMul', [shares, bins]);
  const faded = op.fade === 0 ? mean : addFade({ graph, weights }, op, shares, mean);
  return graph.add('Transpose', [faded], { perm: [0, 3, 1, 2] });
}

/** What is added to the score of each class, [1, classes, 1, 1]. */
function addRaise({ graph, weights }: Pick<Context, 'graph' | 'weights'>, op: AnnealedMeanOp): string {
  const parts = chromasOf(weights(op.bins)).map((chroma) => chroma / raiseUnit);
  const partOfClass = graph.constant(`${op.bins}.raise`, [1, op.classes, 1, 1], parts);
  return graph.add('Mul', [partOfClass, graph.input('raise', 'float32', [])]);
}

function addFade(
  { graph, weights }: Pick<Context, 'graph' | 'weights'>,
  op: AnnealedMeanOp,
  shares: string,
  mean: string,
): string {
  const scalar = (name: string, value: number): string =>
    graph.constant(`${op.bins}.${name}`, [], Float32Array.of(value));
  const chromas = graph.constant(`${op.bins}.chroma`, [op.classes, 1], chromasOf(weights(op.bins)));
  const square = graph.add('ReduceSumSquare', [mean], { axes: [-1], keepdims: 1 });
  const length = graph.add('Sqrt', [graph.add('Add', [square, scalar('least.square', fadeFloor ** 2)])]);
  const chroma = graph.add('Add', [graph.add('MatMul', [shares, chromas]), scalar('least', fadeFloor)]);
  const ratio = graph.add('Div', [length, chroma]);
  return graph.add('Mul', [mean, graph.add('Pow', [ratio, scalar('fade', op.fade)])]);
}
