import type * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../batch.ts';
import type { NetworkAnswer } from '../trainable-network.ts';

/** A part of what a step minimizes. A step minimizes the sum of its terms. */
export interface LossTerm {
  /** Prepares what the answer to a batch is compared with. */
  readonly prepare: (batch: Batch) => PreparedTerm;
}

/** A term for one batch; it holds tensors until it is disposed of. */
export interface PreparedTerm extends Disposable {
  /**
   * @param answer - of the network to the batch
   * @returns a scalar; call it in `tf.tidy`
   */
  readonly of: (answer: NetworkAnswer) => tf.Scalar;
}
