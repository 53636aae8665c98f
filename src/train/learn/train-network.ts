import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../../errors.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { randomFrom } from '../random.ts';
import type { Batch, BatchSource } from './batch.ts';
import {
  numbersOf,
  readCheckpoint,
  requireShape,
  restore,
  writeCheckpoint,
  type NumbersOfShape,
} from './checkpoint.ts';
import type { KeptNetwork, Learner } from './learner.ts';
import { LearningRate } from './learning-rate.ts';
import type { RunSettings } from './run-settings.ts';
import {
  firstState,
  runStateSchema,
  type EpochReport,
  type RunState,
  type StepProgress,
} from './run-state.ts';
import type { NamedWeight } from './layers/trainable-layers.ts';
import { WeightAverage } from './weight-average.ts';

/** What a run needs. */
export interface TrainingJob {
  /** what is trained; not owned */
  readonly learner: Learner;
  readonly source: BatchSource;
  readonly settings: Pick<RunSettings, 'seed' | 'epochs' | 'stopAfter' | 'learningRate' | 'averageDecay'>;
  /** of everything that the run's numbers depend on */
  readonly fingerprint: string;
  /** the run's folder, for the checkpoint */
  readonly dir: string;
  readonly checkpointEveryMs: number;
  readonly signal: AbortSignal;
  /** milliseconds; tells when a checkpoint is due */
  readonly now: () => number;
  readonly onStep: (progress: StepProgress) => void;
  /** called after each epoch with all epochs so far, this one last; the checkpoint is written after the call */
  readonly onEpoch: (report: EpochReport, history: readonly EpochReport[]) => Promise<void>;
}

/** The result of a run. */
export interface TrainingResult {
  /** the best epoch's weights, batch norm folded, averaged */
  readonly weights: ReadonlyMap<string, NamedWeight>;
  readonly history: readonly EpochReport[];
}

/**
 * Trains epoch by epoch, judges the network after each and keeps the best weights. An interrupted run resumes from its
 * last checkpoint and reaches the same numbers.
 * @throws {AppError} OUTPUT_EXISTS if the folder's checkpoint belongs to another run; TRAINING_DIVERGED
 * @throws the signal's reason if it is aborted, after a checkpoint
 */
export async function trainNetwork(job: TrainingJob): Promise<TrainingResult> {
  await makeFolder(job.dir);
  using average = new WeightAverage(job.learner.network.state, job.settings.averageDecay);
  const run = new Run(job, average);
  await run.resume();
  while (!run.isOver) await run.epoch();
  return { weights: await run.bestWeights(), history: run.history };
}

class Run {
  readonly #job: TrainingJob;
  readonly #average: WeightAverage;
  readonly #totalSteps: number;
  #state: RunState;
  #best: ReadonlyMap<string, NumbersOfShape> = new Map();
  #savedMs: number;

  constructor(job: TrainingJob, average: WeightAverage) {
    this.#job = job;
    this.#average = average;
    this.#totalSteps = job.settings.epochs * job.source.batchesPerEpoch;
    this.#savedMs = job.now();
    this.#state = firstState(job.fingerprint);
  }

  get history(): readonly EpochReport[] {
    return this.#state.history;
  }

  get isOver(): boolean {
    const { epochs, stopAfter } = this.#job.settings;
    return this.#state.epoch >= epochs || this.#state.epochsWithoutBetter >= stopAfter;
  }

  /** Resumes from the checkpoint in the run's folder, if there is one. */
  async resume(): Promise<void> {
    const stored = await readCheckpoint(this.#path, (state) => runStateSchema.parse(state));
    if (stored === undefined) return;
    if (stored.state.fingerprint !== this.#job.fingerprint) throw otherRun(this.#job.dir);
    this.#state = stored.state;
    for (const [group, variables] of this.#groups) restore(group, variables, stored.tensors);
    this.#best = bestOf(stored.tensors, this.#job.learner.network);
  }

  /** Learns from all batches of an epoch, judges the network and writes a checkpoint. */
  async epoch(): Promise<void> {
    const { signal } = this.#job;
    try {
      await this.#learn();
      await this.#judge();
    } catch (error) {
      // An unfinished step or judgement has changed nothing yet.
      if (signal.aborted && error === signal.reason) await this.#save();
      throw error;
    }
    await this.#save();
  }

  /** The best weights as a model stores them. */
  async bestWeights(): Promise<ReadonlyMap<string, NamedWeight>> {
    if (this.#best.size === 0) return this.#withAverage(() => this.#job.learner.network.exportWeights());
    return this.#best;
  }

  /** All variables that a checkpoint stores, in groups by name. */
  get #groups(): readonly (readonly [string, ReadonlyMap<string, tf.Variable>])[] {
    const { network, parts } = this.#job.learner;
    return [['weight', network.state], ['average', this.#average.state], ...parts];
  }

  get #path(): string {
    return join(this.#job.dir, 'checkpoint.safetensors');
  }

  async #learn(): Promise<void> {
    const { source, signal, now, checkpointEveryMs } = this.#job;
    for await (const batch of source.batches(this.#state.epoch, this.#state.batch)) {
      signal.throwIfAborted();
      this.#step(batch);
      if (now() - this.#savedMs > checkpointEveryMs) await this.#save();
      // A signal arrives only when the event loop turns.
      await new Promise(setImmediate);
    }
  }

  #step(batch: Batch): void {
    const { learner, settings, onStep } = this.#job;
    const { step, epoch } = this.#state;
    const result = learner.step(batch, {
      step,
      learningRate: this.#learningRate.at(step),
      random: randomFrom(settings.seed, step, 0x5eed),
    });
    if (settings.averageDecay > 0) this.#average.follow(learner.network.state, step);
    this.#state.step += 1;
    this.#state.batch += 1;
    this.#state.lossSum += result.loss;
    onStep({ epoch, step, totalSteps: this.#totalSteps, pictures: batch.count, loss: result.loss });
  }

  async #judge(): Promise<void> {
    const { learner, onEpoch, signal } = this.#job;
    const state = this.#state;
    const rate = this.#learningRate;
    const learningRate = rate.at(Math.max(0, state.step - 1));
    await this.#withAverage(async () => {
      const { scores, measures } = await learner.judge(signal);
      const isBest = rate.report(scores.score);
      if (isBest) this.#best = learner.network.exportWeights();
      const loss = state.lossSum / Math.max(1, state.batch);
      const plain = { epoch: state.epoch, step: state.step, loss, learningRate, scores, isBest };
      const report = measures === undefined ? plain : { ...plain, measures };
      const history = [...state.history, report];
      await onEpoch(report, history);
      this.#state = {
        ...state,
        epoch: state.epoch + 1,
        batch: 0,
        lossSum: 0,
        history,
        plateau: rate.state,
        epochsWithoutBetter: isBest ? 0 : state.epochsWithoutBetter + 1,
      };
    });
  }

  /** Runs a function while the network has the averaged weights. */
  #withAverage<T>(use: () => T | Promise<T>): Promise<T> {
    const run = async (): Promise<T> => use();
    if (this.#job.settings.averageDecay === 0) return run();
    return this.#average.during(this.#job.learner.network.state, run);
  }

  get #learningRate(): LearningRate {
    const settings = { ...this.#job.settings.learningRate, totalSteps: this.#totalSteps };
    const { best, ...rest } = this.#state.plateau;
    return new LearningRate(settings, { ...rest, best: best ?? Infinity });
  }

  async #save(): Promise<void> {
    const tensors = new Map<string, NumbersOfShape>();
    for (const [group, variables] of this.#groups)
      for (const [name, numbers] of await numbersOf(group, variables)) tensors.set(name, numbers);
    for (const [name, numbers] of this.#best) tensors.set(`best/${name}`, numbers);
    await writeCheckpoint(this.#path, { state: this.#state, tensors });
    this.#savedMs = this.#job.now();
  }
}

/**
 * The best weights in a checkpoint, in the tables' layout.
 * @throws {AppError} INPUT_DAMAGED if they do not fit the network
 */
function bestOf(
  tensors: ReadonlyMap<string, NumbersOfShape>,
  { shapes }: KeptNetwork,
): Map<string, NumbersOfShape> {
  const best = new Map<string, NumbersOfShape>();
  for (const [name, shape] of shapes) {
    const stored = tensors.get(`best/${name}`);
    if (stored === undefined) continue;
    requireShape(`best/${name}`, stored.shape, shape);
    best.set(name, stored);
  }
  if (best.size !== 0 && best.size !== shapes.size)
    throw new AppError(
      'INPUT_DAMAGED',
      `checkpoint: expected ${shapes.size} best weights but got ${best.size}`,
    );
  return best;
}

function otherRun(dir: string): AppError {
  return new AppError(
    'OUTPUT_EXISTS',
    `${dir}: holds a run with other settings, other data or other first weights`,
    { cure: 'repeat the command that began it to resume it, or name another folder with -o' },
  );
}
