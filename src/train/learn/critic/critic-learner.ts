import type * as tf from '@tensorflow/tfjs-core';
import { Adam, type StepResult } from '../adam.ts';
import type { Batch } from '../batch.ts';
import type { Learner } from '../learner.ts';
import type { StepMoment } from '../step.ts';
import type { Judgement } from '../validation.ts';
import type { CriticNetwork } from './critic-network.ts';
import { criticVerdict, takeCriticStep } from './critic-step.ts';

/** What a critic learns with. */
export interface CriticLearnerOptions {
  readonly critic: CriticNetwork;
  readonly clipNorm: number;
  /** held-out pictures, one in each batch, with `generated` */
  readonly judged: readonly Batch[];
}

/** Trains a critic alone, as a classifier of true and generated colours. */
export class CriticLearner implements Learner {
  readonly network: CriticNetwork;
  readonly #judged: readonly Batch[];
  readonly #optimizer: Adam;

  /** @param options - the critic is not owned */
  constructor({ critic, clipNorm, judged }: CriticLearnerOptions) {
    this.network = critic;
    this.#judged = judged;
    this.#optimizer = new Adam(critic.trained, clipNorm);
  }

  get parts(): ReadonlyMap<string, ReadonlyMap<string, tf.Variable>> {
    return new Map([['adam', this.#optimizer.state]]);
  }

  step(batch: Batch, at: StepMoment): StepResult {
    return takeCriticStep({ critic: this.network, optimizer: this.#optimizer }, batch, at);
  }

  /** The critic makes no colours, so its score is its loss. */
  async judge(signal: AbortSignal): Promise<Judgement> {
    const verdicts = [];
    for (const batch of this.#judged) {
      // A signal arrives only when the event loop turns.
      await new Promise(setImmediate);
      signal.throwIfAborted();
      verdicts.push(criticVerdict(this.network, batch));
    }
    const score = mean(verdicts.map(({ loss }) => loss));
    const criticAccuracy = mean(verdicts.map(({ accuracy }) => accuracy));
    const scores = { psnrDb: NaN, ciede2000: NaN, colourfulness: NaN, score };
    return { scores, measures: { criticAccuracy } };
  }

  [Symbol.dispose](): void {
    this.#optimizer[Symbol.dispose]();
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
