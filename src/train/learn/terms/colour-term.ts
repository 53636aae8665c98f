import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../batch.ts';
import type { ColourCodes } from '../colour-codes.ts';
import { colourDistance, crossEntropy, meanSquaredColourError, type Objective } from '../objectives.ts';
import type { LossTerm, PreparedTerm } from './loss-term.ts';

/** Codes of the classes of colour, and how much each class weighs. */
export interface ColourClasses {
  readonly codes: ColourCodes;
  readonly weights: Float32Array;
}

/**
 * The error of the colours of each pixel, as the objective measures it.
 * @param classes - needed by `rebalanced`
 * @throws {TypeError} from `prepare` if they are missing
 */
export function colourTerm(objective: Objective, classes: ColourClasses | undefined): LossTerm {
  const { kind, colourWeight = 1 } = objective;
  const prepare = (batch: Batch): PreparedTerm => {
    if (kind !== 'rebalanced') return regression(kind, batch);
    if (classes === undefined) throw new TypeError('the objective "rebalanced" needs classes of colour');
    return classification(objective, classes, batch);
  };
  return colourWeight === 1 ? { prepare } : { prepare: (batch) => weighted(prepare(batch), colourWeight) };
}

function weighted(term: PreparedTerm, weight: number): PreparedTerm {
  return {
    of: (answer) => tf.mul(weight, term.of(answer)),
    [Symbol.dispose]: () => term[Symbol.dispose](),
  };
}

/**
 * The true colours of a batch.
 * @param ab - other colours of the same shape in their place
 * @returns [n, rows, columns, 2]; a tensor the caller owns
 */
export function coloursOf({ ab: truth, count, grid: [rows, columns] }: Batch, ab = truth): tf.Tensor4D {
  return tf.tidy(() => {
    const stored = tf.tensor4d(Float32Array.from(ab), [count, 2, rows, columns]);
    return tf.transpose(stored, [0, 2, 3, 1]);
  });
}

function regression(kind: Objective['kind'], batch: Batch): PreparedTerm {
  const truth = coloursOf(batch);
  const distance = kind === 'huber' ? colourDistance : meanSquaredColourError;
  return { of: ({ ab }) => distance(ab, truth), [Symbol.dispose]: () => truth.dispose() };
}

function classification(
  { meanWeight }: Objective,
  { codes, weights }: ColourClasses,
  batch: Batch,
): PreparedTerm {
  const { count, ab } = batch;
  const [rows, columns] = batch.grid;
  const coded = new Float32Array(count * rows * columns * codes.classes);
  codes.encode(ab, count, coded);
  const perCell = Float32Array.from(codes.nearestBins(ab, count), (bin) => weights[bin] ?? 0);
  const expected = {
    ab: coloursOf(batch),
    codes: tf.tensor4d(coded, [count, rows, columns, codes.classes]),
    weights: tf.tensor3d(perCell, [count, rows, columns]),
  };
  return {
    of: (answer) => {
      const entropy = crossEntropy(answer.scores, expected.codes, expected.weights);
      if (meanWeight === 0) return entropy;
      return tf.add(entropy, tf.mul(meanWeight, colourDistance(answer.ab, expected.ab)));
    },
    [Symbol.dispose]: () => tf.dispose(expected),
  };
}
