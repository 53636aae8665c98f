/**
 * Defines a network once, as data: a list of nodes, each a named value computed from earlier ones.
 * The builders (ONNX, TensorFlow.js) walk this list; the names and shapes of the weights follow from it.
 */

import type { SizePx } from '../../frame.ts';
import { layerOf, transposedKernel, type ConvOp, type LayerOp, type PoolOp } from './layer-ops.ts';

/** Values that come from outside: bytes of luma, and the embedding's part (see `ConditionOp`). */
export const lumaInput = 'luma';
export const conditionInput = 'condition';

/** Length of a condition: the embedding's half of the fusion, one vector per scene. */
export const conditionSize = 256;

/**
 * A separate convolution of each channel, with bias, then ReLU6. It pads by (kernel - 1) / 2 on every side, as `same`
 * of `ConvOp` does. Its weights are `<name>.weight` [channels, 1, kernel, kernel] and `<name>.bias` [channels].
 */
export interface DepthwiseOp {
  readonly kind: 'depthwise';
  readonly channels: number;
  /** rows, and columns */
  readonly kernel: 3 | 5;
  readonly stride: 1 | 2;
}

/**
 * `relu(x + condition + <bias>)`, the same at every pixel. The condition is `<weight> . embedding`. Together with the
 * 1x1 convolution before it, this is the fusion of Deep Koalarization: its convolution of concatenated features and
 * embedding is linear, so it can be split into two halves.
 */
export interface ConditionOp {
  readonly kind: 'condition';
  /** name of its matrix, [256, embedding] */
  readonly weight: string;
  /** name of its bias, [256] */
  readonly bias: string;
}

/**
 * `m = sum_k p_k bins_k` with `p = softmax((x + r |bins| / 100) / T)` and bins [classes, 2]: the annealed mean of Zhang et al. 2016.
 * Then `ab = m ((sqrt(|m|^2 + 0.01)) / (sum_k p_k |bins_k| + 0.1))^fade`: the ratio is 1 where the likely classes
 * have one hue, and falls towards 0 the more their hues differ. So uncertain colours fade; with `fade` 0, `ab = m`.
 */
export interface AnnealedMeanOp {
  readonly kind: 'annealedMean';
  /** name of its bins */
  readonly bins: string;
  readonly classes: number;
  readonly fade: number;
}

/**
 * A raise is added to the score of a class with this much chroma, Lab units; other classes get their proportion of it.
 */
export const raiseUnit = 100;

/** Keeps the ratio of `AnnealedMeanOp` at 1 if there is no chroma, Lab units. */
export const fadeFloor = 0.1;

/** @returns the chroma of each class, `[classes]`, Lab units; a new array the caller owns */
export function chromasOf(bins: Float32Array): Float32Array {
  return Float32Array.from({ length: bins.length / 2 }, (_, k) =>
    Math.hypot(bins[2 * k] ?? NaN, bins[2 * k + 1] ?? NaN),
  );
}

/**
 * Compares a picture with what a fixed camera usually sees (inputs: luma, and the network's a*, b* at luma's size).
 * Its constants have luma's size: `place.lightness` [1, h, w] (usual L*), `place.spread` [1, h, w] (mean absolute
 * deviation from it, L*) and `place.colour` [2, h, w] (usual a*, b*). It makes seven channels:
 *  0: d = clip((L* - lightness) / 10 - mean over the picture of clip((L* - lightness) / 10, -1, 1), -3, 3)
 *  1: min(|d| 10 / spread, 4) / 4     2, 3: usual colour / 50     4, 5: network's colour / 50     6: L* / 50 - 1
 */
export interface SceneModelInputOp {
  readonly kind: 'sceneModelInput';
}

/**
 * The colour of a fixed camera's picture (inputs: the channels p of `sceneModelInput`, and three channels x):
 * `s = sigmoid(x0); ab = 50 (s p[2, 3] + (1 - s) p[4, 5]) + 10 (x1, x2)`.
 */
export interface SceneModelBlendOp {
  readonly kind: 'sceneModelBlend';
}

export type Op =
  /** bytes to L* / 50 - 1, one channel */
  | { readonly kind: 'lightness' }
  /** bytes to v / 127.5 - 1, stacked to three channels */
  | { readonly kind: 'grayStack' }
  /** bytes to (v - centre) / unit, one channel */
  | { readonly kind: 'shiftScale'; readonly centre: number; readonly unit: number }
  /** mirrors the picture's border outwards: rows and columns before the first and after the last */
  | { readonly kind: 'reflectPad'; readonly before: number; readonly after: number }
  /** bilinear, by a fraction, half-pixel centres; the result's sides are rounded down */
  | { readonly kind: 'enlarge'; readonly factor: readonly [number, number] }
  /** bilinear, half-pixel centres, to the size of its second input, whose sides are divided by `divisor` (absent: 1) */
  | { readonly kind: 'resizeLike'; readonly divisor?: number }
  /** nearest neighbour, both sides by 2 */
  | { readonly kind: 'upsample' }
  /** along the channels */
  | { readonly kind: 'concat' }
  /** the sum of its two inputs, which have the same shape */
  | { readonly kind: 'add' }
  | { readonly kind: 'scale'; readonly factor: number }
  | LayerOp
  | ConvOp
  | DepthwiseOp
  | ConditionOp
  | PoolOp
  | AnnealedMeanOp
  | SceneModelInputOp
  | SceneModelBlendOp;

export interface Node {
  /** the name of its value; weights are named after it */
  readonly name: string;
  /** the values it depends on: earlier nodes, or `luma` */
  readonly inputs: readonly string[];
  readonly op: Op;
}

/** Collects consecutive nodes; each method returns the name of its value. */
export class NodeList {
  readonly nodes: Node[] = [];

  add(name: string, op: Op, ...inputs: readonly string[]): string {
    this.nodes.push({ name, inputs, op });
    return name;
  }

  /** A 3x3 convolution with bias, stride 1, same size and ReLU, unless the options differ. */
  conv(
    name: string,
    input: string,
    channels: readonly [number, number],
    options: Partial<Omit<ConvOp, 'kind' | 'inChannels' | 'outChannels'>> = {},
  ): string {
    const [inChannels, outChannels] = channels;
    const usual = { kernel: [3, 3], stride: 1, padding: 'same', activation: 'relu', hasBias: true } as const;
    return this.add(name, { kind: 'conv', inChannels, outChannels, ...usual, ...options }, input);
  }
}

/**
 * Finds the nodes that are needed for some values.
 * @param nodes - a whole network
 * @param outputs - names of the values to compute
 * @param known - names of values that need not be computed
 * @returns the nodes in order, without the known ones
 */
export function nodesFor(
  nodes: readonly Node[],
  outputs: readonly string[],
  known: readonly string[] = [],
): Node[] {
  const needed = new Set(outputs.filter((name) => !known.includes(name)));
  const chosen: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!needed.has(node.name)) continue;
    chosen.unshift(node);
    for (const input of node.inputs) if (!known.includes(input)) needed.add(input);
  }
  return chosen;
}

/**
 * Names and shapes of the weights of some nodes.
 * @param embeddingSize - length of the embedding, for condition nodes
 * @param sceneModel - luma size of a fixed camera, for its nodes
 * @returns shape by tensor name
 */
export function weightShapesOf(
  nodes: readonly Node[],
  embeddingSize: number,
  sceneModel?: SizePx,
): Map<string, readonly number[]> {
  return new Map(nodes.flatMap((node) => nodeShapes(node, embeddingSize, sceneModel)));
}

function nodeShapes(
  { name, op }: Node,
  embeddingSize: number,
  sceneModel: SizePx | undefined,
): [string, readonly number[]][] {
  switch (op.kind) {
    case 'conv': {
      const layer = layerOf(name, op);
      const weight = [`${layer}.weight`, [op.outChannels, op.inChannels, ...op.kernel]] as [string, number[]];
      return op.hasBias ? [weight, [`${layer}.bias`, [op.outChannels]]] : [weight];
    }
    case 'transposedConv':
      return [
        [`${name}.weight`, [op.outChannels, op.inChannels, transposedKernel, transposedKernel]],
        [`${name}.bias`, [op.outChannels]],
      ];
    case 'attention':
      return [[`${name}.gamma`, [1]]];
    case 'depthwise':
      return [
        [`${name}.weight`, [op.channels, 1, op.kernel, op.kernel]],
        [`${name}.bias`, [op.channels]],
      ];
    case 'condition':
      return [
        [op.weight, [conditionSize, embeddingSize]],
        [op.bias, [conditionSize]],
      ];
    case 'annealedMean':
      return [[op.bins, [op.classes, 2]]];
    case 'sceneModelInput': {
      if (sceneModel === undefined) throw new TypeError('expected the picture size of a fixed camera');
      const sides = [sceneModel.heightPx, sceneModel.widthPx];
      return [
        ['place.lightness', [1, ...sides]],
        ['place.spread', [1, ...sides]],
        ['place.colour', [2, ...sides]],
      ];
    }
    default:
      return [];
  }
}
