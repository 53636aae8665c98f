import * as tf from '@tensorflow/tfjs-core';
import { Adam, type StepResult } from '../adam.ts';
import type { Batch } from '../batch.ts';
import type { Learner } from '../learner.ts';
import { NetworkLearner, type NetworkLearnerOptions } from '../network-learner.ts';
import type { StepMoment } from '../step.ts';
import type { TrainableNetwork } from '../trainable-network.ts';
import { infer, planesOf, type Judgement, type Validation } from '../validation.ts';
import type { CriticNetwork } from './critic-network.ts';
import { criticVerdict, takeCriticStep } from './critic-step.ts';
import { wholeUnits } from './saved-outputs.ts';

/** A critic with a greater error than this learns alone until it is better (DeOldify's switch). */
const weakCritic = 0.65;
/** Between rivals, yesterday's gradients mislead: DeOldify's optimizers have no momentum. */
const rivalBetas = { first: 0, second: 0.9 };
/** DeOldify's critic learns five times as fast as its generator. */
const criticRate = 5;

/** What two rivals learn with. */
export interface RivalOptions extends NetworkLearnerOptions {
  /** not owned; the terms of the network hold it, too */
  readonly critic: CriticNetwork;
}

/**
 * Trains a network against a critic. In each step the critic learns first. The network learns, too, unless the critic
 * is so weak that its verdict would mislead.
 * @see Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014; github.com/jantic/DeOldify (NoGAN)
 */
export class RivalLearner implements Learner {
  readonly network: TrainableNetwork;
  readonly #colouring: NetworkLearner;
  readonly #critic: CriticNetwork;
  readonly #criticOptimizer: Adam;
  readonly #validation: Validation;
  readonly #temperature: number;
  /** of the network's last step, which is reported while the critic learns alone */
  readonly #lastLoss = numberVariable();
  /** steps so far, and those in which the network learnt */
  readonly #steps = numberVariable();
  readonly #networkSteps = numberVariable();

  constructor(options: RivalOptions) {
    this.network = options.network;
    this.#colouring = new NetworkLearner({ ...options, betas: rivalBetas });
    this.#critic = options.critic;
    this.#criticOptimizer = new Adam(options.critic.trained, options.clipNorm, rivalBetas);
    this.#validation = options.validation;
    this.#temperature = options.objective.temperature;
  }

  get parts(): ReadonlyMap<string, ReadonlyMap<string, tf.Variable>> {
    return new Map([
      ...this.#colouring.parts,
      ['critic', this.#critic.state],
      ['critic-adam', this.#criticOptimizer.state],
      ['rivals', this.#numbers],
    ]);
  }

  step(batch: Batch, at: StepMoment): StepResult {
    add(this.#steps, 1);
    const compared = { ...batch, generated: this.#coloursOf(batch) };
    const tools = { critic: this.#critic, optimizer: this.#criticOptimizer };
    const verdict = takeCriticStep(tools, compared, { ...at, learningRate: criticRate * at.learningRate });
    if (verdict.loss > weakCritic)
      return { loss: numberOf(this.#lastLoss), gradientNorm: verdict.gradientNorm };
    const result = this.#colouring.step(batch, at);
    add(this.#networkSteps, 1);
    add(this.#lastLoss, result.loss - numberOf(this.#lastLoss));
    return result;
  }

  /**
   * The score of the network. The accuracy of the critic tells which of them is ahead, and `networkSteps` in which share
   * of the steps the network learnt.
   */
  async judge(signal: AbortSignal): Promise<Judgement> {
    const judgement = await this.#colouring.judge(signal);
    const accuracies: number[] = [];
    for (const { batch } of this.#validation.pictures) {
      await new Promise(setImmediate);
      signal.throwIfAborted();
      const compared = { ...batch, generated: this.#coloursOf(batch) };
      accuracies.push(criticVerdict(this.#critic, compared).accuracy);
    }
    const criticAccuracy = accuracies.reduce((sum, one) => sum + one, 0) / accuracies.length;
    const networkSteps = numberOf(this.#networkSteps) / numberOf(this.#steps);
    return { ...judgement, measures: { ...judgement.measures, criticAccuracy, networkSteps } };
  }

  [Symbol.dispose](): void {
    this.#colouring[Symbol.dispose]();
    this.#criticOptimizer[Symbol.dispose]();
    for (const number of this.#numbers.values()) number.dispose();
  }

  get #numbers(): ReadonlyMap<string, tf.Variable> {
    return new Map([
      ['loss', this.#lastLoss],
      ['steps', this.#steps],
      ['network-steps', this.#networkSteps],
    ]);
  }

  #coloursOf(batch: Batch): Int8Array {
    return wholeUnits(planesOf(infer(this.network, batch, this.#temperature, ({ ab }) => ab)));
  }
}

/** A number that a checkpoint stores; 0 at first. */
function numberVariable(): tf.Variable {
  return tf.tidy(() => tf.variable(tf.scalar(0), false));
}

function numberOf(variable: tf.Variable): number {
  return variable.dataSync()[0] ?? NaN;
}

function add(variable: tf.Variable, amount: number): void {
  tf.tidy(() => variable.assign(tf.scalar(numberOf(variable) + amount)));
}
