import * as tf from '@tensorflow/tfjs-core';
import { lightnessTable } from '../color/lab.ts';
import { requireValue } from '../require-value.ts';
import { conditionInput, fadeFloor, raiseUnit, type Node } from '../tables/nodes.ts';
import { activate } from './activate.ts';
import { attend } from './attend.ts';
import { resizeBilinear } from './bilinear.ts';
import { runConv, runDepthwise, runTransposedConv, type LayerHooks } from './convolutions.ts';
import { sceneModelBlend, sceneModelInput } from './scene-model.ts';

/** The weights and settings for a run. */
export interface RunContext extends LayerHooks {
  /** of the annealed mean */
  readonly temperature: number;
  /** See `PackedBatch`; default: 0. */
  readonly raise?: number;
  /** leaves out a share of the channels in training; absent: nothing is left out */
  readonly drop?: (x: tf.Tensor4D, rate: number) => tf.Tensor4D;
}

/**
 * Runs a network's nodes in TensorFlow.js.
 * @param nodes - in order (see `nodesFor`)
 * @param inputs - values by name, [n, rows, columns, channels]: `luma` as bytes, `condition` as [n, 1, 1, 256], or
 *   values of nodes that are not in the list; not disposed of
 * @returns every value by name; tensors the caller owns, so call it in `tf.tidy`
 */
export function runNodes(
  nodes: readonly Node[],
  inputs: ReadonlyMap<string, tf.Tensor4D>,
  context: RunContext,
): Map<string, tf.Tensor4D> {
  const values = new Map(inputs);
  for (const node of nodes) values.set(node.name, runNode(node, values, context));
  return values;
}

/**
 * Converts a weight from the tables' layout to TensorFlow's.
 * @param shape - as in the tables: [out, in, rows, columns], [256, embedding], or anything else
 * @returns [rows, columns, in, out], [embedding, 256], or unchanged; a tensor the caller owns
 */
export function toTensorflowLayout(name: string, shape: readonly number[], data: Float32Array): tf.Tensor {
  return tf.tidy(() => {
    const stored = tf.tensor(data, [...shape]);
    if (shape.length === 4) return tf.transpose(stored, [2, 3, 1, 0]);
    return isMatrix(name, shape) ? tf.transpose(stored) : stored;
  });
}

/**
 * Reverses `toTensorflowLayout`.
 * @returns the numbers in the tables' layout; a new array the caller owns
 */
export function fromTensorflowLayout(name: string, weight: tf.Tensor): Float32Array {
  const stored = tf.tidy(() => {
    if (weight.rank === 4) return tf.transpose(weight, [3, 2, 0, 1]);
    return isMatrix(name, weight.shape) ? tf.transpose(weight) : tf.clone(weight);
  });
  const data = stored.dataSync() as Float32Array;
  stored.dispose();
  return data;
}

function isMatrix(name: string, shape: readonly number[]): boolean {
  return shape.length === 2 && !name.endsWith('.bins');
}

function runNode(
  { name, inputs, op }: Node,
  values: ReadonlyMap<string, tf.Tensor4D>,
  context: RunContext,
): tf.Tensor4D {
  const input = (index: number): tf.Tensor4D => requireValue(values, inputs[index] ?? '');
  switch (op.kind) {
    case 'lightness':
      return lightness(input(0));
    case 'grayStack': {
      const gray = tf.sub<tf.Tensor4D>(tf.div(tf.cast(input(0), 'float32'), 127.5), 1);
      return tf.concat([gray, gray, gray], 3);
    }
    case 'shiftScale':
      return tf.div(tf.sub(tf.cast(input(0), 'float32'), op.centre), op.unit);
    case 'reflectPad': {
      const pad: [number, number] = [op.before, op.after];
      return tf.mirrorPad(input(0), [[0, 0], pad, pad, [0, 0]], 'reflect');
    }
    case 'enlarge':
      return enlarge(input(0), op.factor);
    case 'resizeLike': {
      const [, rows, columns] = input(1).shape;
      const { divisor = 1 } = op;
      return resizeBilinear(input(0), [Math.floor(rows / divisor), Math.floor(columns / divisor)]);
    }
    case 'upsample':
      return upsample(input(0));
    case 'concat':
      return tf.concat(
        inputs.map((_, i) => input(i)),
        3,
      );
    case 'add':
      return tf.add(input(0), input(1));
    case 'scale':
      return tf.mul(input(0), op.factor);
    case 'conv':
      return runConv(name, op, input(0), context);
    case 'transposedConv':
      return runTransposedConv(name, input(0), context);
    case 'depthwise':
      return runDepthwise(name, op, input(0), context);
    case 'activation':
      return activate(op.by, input(0));
    case 'attention':
      return attend([input(0), input(1), input(2), input(3)], context.weights(`${name}.gamma`));
    case 'globalMean':
      return tf.mean(input(0), [1, 2], true);
    case 'resizeTo':
      return resizeBilinear(input(0), [op.rows, op.columns]);
    case 'dropout':
      return context.drop?.(input(0), op.rate) ?? input(0);
    case 'condition':
      return tf.relu(
        tf.add(input(0), tf.add(requireValue(values, conditionInput), context.weights(op.bias))),
      );
    case 'pool':
      return op.by === 'max' ? maxPool(input(0), op.padding) : tf.avgPool(input(0), 3, 1, 'same');
    case 'annealedMean':
      return annealedMean(input(0), context.weights(op.bins), {
        temperature: context.temperature,
        raise: context.raise,
        fade: op.fade,
      });
    case 'sceneModelInput':
      return sceneModelInput(lightness(input(0)), input(1), context.weights);
    case 'sceneModelBlend':
      return sceneModelBlend(input(0), input(1));
  }
}

function lightness(luma: tf.Tensor4D): tf.Tensor4D {
  const table = tf.tensor1d(lightnessTable().map((value) => value / 50 - 1));
  // Bytes that were kept as floats come back slightly off; only WebAssembly rounds floats.
  const bytes = tf.cast(tf.round(tf.cast(luma, 'float32')), 'int32');
  const rows = tf.gather(table, tf.reshape(bytes, [luma.size]));
  return tf.reshape(rows, luma.shape);
}

function enlarge(x: tf.Tensor4D, [numerator, denominator]: readonly [number, number]): tf.Tensor4D {
  const [, rows, columns] = x.shape;
  const grown = (side: number): number => Math.floor((side * numerator) / denominator);
  return resizeBilinear(x, [grown(rows), grown(columns)], numerator / denominator);
}

/** At stride 2, TensorFlow's 'same' pads an even side only at its end. A border that is repeated changes no maximum. */
function maxPool(x: tf.Tensor4D, padding: 'same' | undefined): tf.Tensor4D {
  const padded = padding === undefined ? x : repeatBorder(repeatBorder(x, 1), 2);
  return tf.maxPool(padded, 3, 2, 'valid');
}

/** The first and the last row (axis 1) or column (axis 2) twice. */
function repeatBorder(x: tf.Tensor4D, axis: 1 | 2): tf.Tensor4D {
  const { shape } = x;
  const size = shape.map((side, i) => (i === axis ? 1 : side)) as typeof shape;
  const from = (at: number): typeof shape => shape.map((_, i) => (i === axis ? at : 0)) as typeof shape;
  return tf.concat([tf.slice(x, from(0), size), x, tf.slice(x, from(shape[axis] - 1), size)], axis);
}

/** Nearest neighbour: each pixel twice in its row, then each row twice. WASM has no gradient for more direct ways. */
function upsample(x: tf.Tensor4D): tf.Tensor4D {
  const [n, rows, columns, channels] = x.shape;
  const pixels = tf.reshape(x, [n * rows * columns, 1, channels]);
  const wide = tf.reshape(tf.concat([pixels, pixels], 1), [n * rows, 1, 2 * columns * channels]);
  return tf.reshape(tf.concat([wide, wide], 1), [n, 2 * rows, 2 * columns, channels]);
}

/** How scores become colour. */
export interface AnnealedMeanOptions {
  readonly temperature: number;
  readonly fade: number;
  /** See `PackedBatch`; default: 0. */
  readonly raise?: number | undefined;
}

/**
 * The annealed mean of scores, faded: see `AnnealedMeanOp`.
 * @param scores - [n, rows, columns, classes]
 * @param bins - a*, b* of each class, [classes, 2]
 * @returns a*, b*: [n, rows, columns, 2]; a tensor the caller owns, so call it in `tf.tidy`
 */
export function annealedMean(
  scores: tf.Tensor4D,
  bins: tf.Tensor,
  { temperature, fade, raise = 0 }: AnnealedMeanOptions,
): tf.Tensor4D {
  const [n, rows, columns, classes] = scores.shape;
  const raised = raise === 0 ? scores : tf.add(scores, tf.mul(chromas(bins), raise / raiseUnit));
  const shares = tf.softmax(tf.div(raised, temperature));
  const flat = tf.reshape<tf.Rank.R2>(shares, [n * rows * columns, classes]);
  const mean = tf.matMul(flat, bins);
  const faded = fade === 0 ? mean : tf.mul(mean, tf.pow(agreement(flat, mean, bins), fade));
  return tf.reshape(faded, [n, rows, columns, 2]);
}

/** How well the hues of likely classes agree, [pixels, 1]: the ratio of `AnnealedMeanOp`. */
function agreement(shares: tf.Tensor, mean: tf.Tensor, bins: tf.Tensor): tf.Tensor {
  const length = tf.sqrt(tf.add(tf.sum(tf.square(mean), 1, true), fadeFloor ** 2));
  return tf.div(length, tf.add(tf.matMul(shares, tf.expandDims(chromas(bins), 1)), fadeFloor));
}

/** Chroma of each class, [classes]. */
function chromas(bins: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.sum(tf.square(bins), 1));
}
