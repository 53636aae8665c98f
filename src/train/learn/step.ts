import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../random.ts';
import type { Adam, StepResult } from './adam.ts';
import type { Batch } from './batch.ts';
import type { ColourCodes } from './colour-codes.ts';
import { embeddingsWithGaps } from './embedding-dropout.ts';
import { colourDistance, crossEntropy, meanSquaredColourError, type Objective } from './objectives.ts';
import type { NetworkInput, TrainableNetwork } from './trainable-network.ts';

/** What all steps share. */
export interface StepTools {
  readonly network: TrainableNetwork;
  readonly optimizer: Adam;
  readonly objective: Objective;
  /** needed by `rebalanced`: codes, and the weight of each class */
  readonly classes?: { readonly codes: ColourCodes; readonly weights: Float32Array };
  /**
   * share of pictures whose embedding is left out, 0..1; unless it is 0, the other pictures lose half of its numbers
   */
  readonly embeddingDropout: number;
}

/**
 * Trains on one batch. It leaves no tensor behind.
 * @param at - step (0 for the first), its learning rate, and its random numbers
 */
export function takeStep(
  tools: StepTools,
  batch: Batch,
  at: { readonly step: number; readonly learningRate: number; readonly random: Random },
): StepResult {
  const { network, optimizer, objective } = tools;
  const input = inputOf(batch, embeddingsWithGaps(batch, tools.embeddingDropout, at.random));
  const answer = answerOf(batch, tools);
  const loss = (): tf.Scalar => {
    const { scores, ab } = network.run(input, 'train', objective.temperature);
    if (answer.kind !== 'rebalanced') {
      return answer.kind === 'huber' ? colourDistance(ab, answer.ab) : meanSquaredColourError(ab, answer.ab);
    }
    const entropy = crossEntropy(scores, answer.codes, answer.weights);
    if (objective.meanWeight === 0) return entropy;
    return tf.add(entropy, tf.mul(objective.meanWeight, colourDistance(ab, answer.ab)));
  };
  try {
    return optimizer.step(loss, at.step, at.learningRate);
  } finally {
    tf.dispose([...input.features.values(), input.embeddings]);
    tf.dispose(answer);
  }
}

/**
 * Turns a batch into tensors; the caller owns them.
 * @param embeddings - in place of the batch's
 */
export function inputOf(batch: Batch, embeddings = batch.embeddings): NetworkInput {
  const features = new Map(
    [...batch.features].map(([name, { shape, data }]) => [name, tf.tensor4d(data, [...shape])]),
  );
  return { features, embeddings: tf.tensor2d(embeddings, [batch.count, embeddings.length / batch.count]) };
}

/** The expected answer of the network, in the form that the objective compares with. */
type Answer =
  | { readonly kind: 'mse' | 'huber'; readonly ab: tf.Tensor4D }
  | {
      readonly kind: 'rebalanced';
      readonly ab: tf.Tensor4D;
      readonly codes: tf.Tensor4D;
      readonly weights: tf.Tensor3D;
    };

function answerOf({ ab, count, grid }: Batch, { objective: { kind }, classes }: StepTools): Answer {
  const [rows, columns] = grid;
  const planes = tf.tidy(() => {
    const stored = tf.tensor4d(Float32Array.from(ab), [count, 2, rows, columns]);
    return tf.transpose(stored, [0, 2, 3, 1]);
  });
  if (kind !== 'rebalanced') return { kind, ab: planes };
  if (classes === undefined) throw new TypeError('the objective "rebalanced" needs classes of colour');
  const { codes, weights } = classes;
  const coded = new Float32Array(count * rows * columns * codes.classes);
  codes.encode(ab, count, coded);
  const perCell = Float32Array.from(codes.nearestBins(ab, count), (bin) => weights[bin] ?? 0);
  return {
    kind,
    ab: planes,
    codes: tf.tensor4d(coded, [count, rows, columns, codes.classes]),
    weights: tf.tensor3d(perCell, [count, rows, columns]),
  };
}
