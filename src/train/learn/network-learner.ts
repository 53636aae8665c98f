import type * as tf from '@tensorflow/tfjs-core';
import { Adam, type AdamBetas, type StepResult } from './adam.ts';
import type { Batch } from './batch.ts';
import type { Learner } from './learner.ts';
import { takeStep, type StepMoment, type StepTools } from './step.ts';
import type { TrainableNetwork } from './trainable-network.ts';
import type { Judgement, Validation } from './validation.ts';

/** What a network learns with. */
export interface NetworkLearnerOptions extends Omit<StepTools, 'optimizer'> {
  readonly clipNorm: number;
  readonly validation: Validation;
  /** of the optimizer; absent: Adam's own */
  readonly betas?: AdamBetas;
}

/** Trains a colouring network alone. */
export class NetworkLearner implements Learner {
  readonly network: TrainableNetwork;
  readonly #options: NetworkLearnerOptions;
  readonly #optimizer: Adam;

  /** @param options - the network is not owned */
  constructor(options: NetworkLearnerOptions) {
    this.network = options.network;
    this.#options = options;
    this.#optimizer = new Adam(options.network.trained, options.clipNorm, options.betas);
  }

  get parts(): ReadonlyMap<string, ReadonlyMap<string, tf.Variable>> {
    return new Map([['adam', this.#optimizer.state]]);
  }

  step(batch: Batch, at: StepMoment): StepResult {
    return takeStep({ ...this.#options, optimizer: this.#optimizer }, batch, at);
  }

  judge(signal: AbortSignal): Promise<Judgement> {
    const { validation, objective } = this.#options;
    return validation.judge(this.network, objective.temperature, signal);
  }

  [Symbol.dispose](): void {
    this.#optimizer[Symbol.dispose]();
  }
}
