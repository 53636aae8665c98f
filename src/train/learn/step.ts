import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../random.ts';
import type { Adam, StepResult } from './adam.ts';
import type { Batch } from './batch.ts';
import { embeddingsWithGaps } from './embedding-dropout.ts';
import type { Objective } from './objectives.ts';
import { colourTerm, type ColourClasses } from './terms/colour-term.ts';
import type { LossTerm } from './terms/loss-term.ts';
import type { NetworkInput, TrainableNetwork } from './trainable-network.ts';

/** What all steps share. */
export interface StepTools {
  readonly network: TrainableNetwork;
  readonly optimizer: Adam;
  readonly objective: Objective;
  /** needed by `rebalanced` */
  readonly classes?: ColourClasses;
  /** what a step minimizes in addition to the error of the colours */
  readonly terms?: readonly LossTerm[];
  /**
   * share of pictures whose embedding is left out, 0..1; unless it is 0, the other pictures lose half of its numbers
   */
  readonly embeddingDropout: number;
}

/** The moment of a step: its number (0 for the first), its learning rate, and its random numbers. */
export interface StepMoment {
  readonly step: number;
  readonly learningRate: number;
  readonly random: Random;
}

/** Trains on one batch. It leaves no tensor behind. */
export function takeStep(tools: StepTools, batch: Batch, at: StepMoment): StepResult {
  const { network, optimizer, objective, classes, terms = [] } = tools;
  const input = inputOf(batch, embeddingsWithGaps(batch, tools.embeddingDropout, at.random));
  const prepared = [colourTerm(objective, classes), ...terms].map((term) => term.prepare(batch));
  const loss = (): tf.Scalar => {
    const answer = network.run(input, 'train', objective.temperature);
    return tf.addN(prepared.map((term) => term.of(answer)));
  };
  try {
    return optimizer.step(loss, at.step, at.learningRate);
  } finally {
    disposeOfInput(input);
    for (const term of prepared) term[Symbol.dispose]();
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

/** Frees the tensors of `inputOf`. */
export function disposeOfInput({ features, embeddings }: NetworkInput): void {
  tf.dispose([...features.values(), embeddings]);
}
