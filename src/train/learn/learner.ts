import type * as tf from '@tensorflow/tfjs-core';
import type { StepResult } from './adam.ts';
import type { Batch } from './batch.ts';
import type { StepMoment } from './step.ts';
import type { NamedWeight } from './layers/trainable-layers.ts';
import type { Judgement } from './validation.ts';

/** A network whose weights a run averages, judges and keeps. */
export interface KeptNetwork {
  /** shapes of the weights by name, in the tables' layout */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** everything that a checkpoint must store, by name */
  readonly state: ReadonlyMap<string, tf.Variable>;
  /** the weights of a plain network, in the tables' layout; new arrays the caller owns */
  exportWeights(): Map<string, NamedWeight>;
}

/**
 * What a run trains. The loop of `train-network.ts` is the same for all of them: it gives a learner its batches, has it
 * judged after each epoch, and keeps the numbers of the best one.
 */
export interface Learner extends Disposable {
  readonly network: KeptNetwork;
  /** what a checkpoint stores in addition to the network: variables by name, in groups by name */
  readonly parts: ReadonlyMap<string, ReadonlyMap<string, tf.Variable>>;
  /** Learns from one batch. It leaves no tensor behind. */
  step(batch: Batch, at: StepMoment): StepResult;
  /**
   * Judges the network as it is now.
   * @throws the signal's reason when it is aborted
   */
  judge(signal: AbortSignal): Promise<Judgement>;
}
