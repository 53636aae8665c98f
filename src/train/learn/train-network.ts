import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { randomFrom } from './random.ts';
import { Adam } from './adam.ts';
import type { BatchSource, TrainingBatch } from './batch.ts';
import { numbersOf, readCheckpoint, restore, writeCheckpoint, type NumbersOfShape } from './checkpoint.ts';
import { LearningRate, type LearningRateSettings } from './learning-rate.ts';
import type { Objective } from './objectives.ts';
import { takeStep, type StepTools } from './step.ts';
import type { NamedWeight, TrainableNetwork } from './trainable-network.ts';
import type { Scores, Validation } from './validation.ts';
import { WeightAverage } from './weight-average.ts';

/** How a run learns. Its results depend on nothing else but data, first weights and backend. */
export interface RunSettings {
  readonly seed: number;
  readonly epochs: number;
  readonly objective: Objective;
  readonly learningRate: Omit<LearningRateSettings, 'totalSteps'>;
  readonly clipNorm: number;
  /** share of the average kept at each step; 0: the weights themselves are judged and kept */
  readonly averageDecay: number;
  readonly embeddingDropout: number;
  /** a run ends after so many epochs without a better score */
  readonly stopAfter: number;
}

/** What a run needs. */
export interface TrainingJob {
  readonly network: TrainableNetwork;
  readonly source: BatchSource;
  readonly validation: Validation;
  readonly classes?: NonNullable<StepTools['classes']>;
  readonly settings: RunSettings;
  /** the run's folder, for the checkpoint */
  readonly dir: string;
  readonly checkpointEveryMs: number;
  readonly signal: AbortSignal;
  /** milliseconds, for when a checkpoint is due */
  readonly now: () => number;
  readonly onStep: (progress: StepProgress) => void;
  /** after each epoch, with all so far, this one last; its work counts as the run's */
  readonly onEpoch: (report: EpochReport, history: readonly EpochReport[]) => Promise<void>;
}

export interface StepProgress {
  readonly epoch: number;
  readonly step: number;
  readonly totalSteps: number;
  readonly pictures: number;
  readonly loss: number;
}

/** What an epoch came to. */
export interface EpochReport {
  readonly epoch: number;
  readonly step: number;
  /** mean over the epoch's steps */
  readonly loss: number;
  readonly learningRate: number;
  readonly scores: Scores;
  readonly isBest: boolean;
}

const stateSchema = z.object({
  /** of settings, data and first weights: another one is another run */
  fingerprint: z.string(),
  epoch: z.int(),
  /** batches of the epoch that were taken */
  batch: z.int(),
  step: z.int(),
  lossSum: z.number(),
  plateau: z.object({ reductions: z.int(), badEpochs: z.int(), best: z.number().nullable() }),
  epochsWithoutBetter: z.int(),
  history: z.array(z.custom<EpochReport>()),
});

type RunState = z.infer<typeof stateSchema>;

/** What a run came to. */
export interface TrainingResult {
  /** the best epoch's weights, batch norm folded, averaged */
  readonly weights: ReadonlyMap<string, NamedWeight>;
  readonly history: readonly EpochReport[];
}

/**
 * Trains a network: epoch by epoch, judged after each, the best weights kept. A run that was broken off goes on
 * from its last checkpoint to the same numbers.
 * @param fingerprint - of all that the numbers depend on
 * @throws {AppError} OUTPUT_EXISTS when the folder's checkpoint is of another run; TRAINING_DIVERGED
 * @throws the signal's reason when it is aborted, after a checkpoint
 */
export async function trainNetwork(job: TrainingJob, fingerprint: string): Promise<TrainingResult> {
  await makeFolder(job.dir);
  const { settings, network } = job;
  using optimizer = new Adam(network.trained, settings.clipNorm);
  using average = new WeightAverage(network.state, settings.averageDecay);
  const run = new Run(job, optimizer, average, fingerprint);
  await run.resume();
  while (!run.isOver) await run.epoch();
  return { weights: await run.bestWeights(), history: run.history };
}

class Run {
  readonly #job: TrainingJob;
  readonly #optimizer: Adam;
  readonly #average: WeightAverage;
  readonly #totalSteps: number;
  #state: RunState;
  #best: ReadonlyMap<string, NumbersOfShape> = new Map();
  #savedMs: number;

  constructor(job: TrainingJob, optimizer: Adam, average: WeightAverage, fingerprint: string) {
    this.#job = job;
    this.#optimizer = optimizer;
    this.#average = average;
    this.#totalSteps = job.settings.epochs * job.source.batchesPerEpoch;
    this.#savedMs = job.now();
    this.#state = {
      ...{ fingerprint, epoch: 0, batch: 0, step: 0, lossSum: 0, epochsWithoutBetter: 0, history: [] },
      plateau: { reductions: 0, badEpochs: 0, best: null },
    };
  }

  get history(): readonly EpochReport[] {
    return this.#state.history;
  }

  get isOver(): boolean {
    const { epochs, stopAfter } = this.#job.settings;
    return this.#state.epoch >= epochs || this.#state.epochsWithoutBetter >= stopAfter;
  }

  async resume(): Promise<void> {
    const stored = await readCheckpoint(this.#path, (state) => stateSchema.parse(state));
    if (stored === undefined) return;
    if (stored.state.fingerprint !== this.#state.fingerprint) throw otherRun(this.#job.dir);
    this.#state = stored.state;
    restore('weight', this.#job.network.state, stored.tensors);
    restore('average', this.#average.state, stored.tensors);
    restore('adam', this.#optimizer.state, stored.tensors);
    this.#best = new Map(
      [...stored.tensors].flatMap(([name, numbers]) =>
        name.startsWith('best/') ? [[name.slice('best/'.length), numbers]] : [],
      ),
    );
  }

  async epoch(): Promise<void> {
    const { signal } = this.#job;
    try {
      await this.#learn();
      await this.#judge();
    } catch (error) {
      // What was under way, a step or the judgement, changed nothing yet.
      if (signal.aborted && error === signal.reason) await this.#save();
      throw error;
    }
    await this.#save();
  }

  /** The best weights as a model wants them. */
  async bestWeights(): Promise<ReadonlyMap<string, NamedWeight>> {
    if (this.#best.size === 0) return this.#judged(() => this.#job.network.exportWeights());
    return this.#best;
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
      // Without a turn of the event loop no signal is ever heard.
      await new Promise(setImmediate);
    }
  }

  #step(batch: TrainingBatch): void {
    const { network, settings, classes, onStep } = this.#job;
    const { step, epoch } = this.#state;
    const { objective, embeddingDropout } = settings;
    const tools = { network, optimizer: this.#optimizer, objective, embeddingDropout };
    const result = takeStep(classes === undefined ? tools : { ...tools, classes }, batch, {
      ...{ step, learningRate: this.#learningRate.at(step) },
      random: randomFrom(settings.seed, step, 0x5eed),
    });
    if (settings.averageDecay > 0) this.#average.follow(network.state, step);
    this.#state.step += 1;
    this.#state.batch += 1;
    this.#state.lossSum += result.loss;
    onStep({ epoch, step, totalSteps: this.#totalSteps, pictures: batch.count, loss: result.loss });
  }

  async #judge(): Promise<void> {
    const { validation, settings, network, onEpoch, signal } = this.#job;
    const state = this.#state;
    const rate = this.#learningRate;
    const learningRate = rate.at(Math.max(0, state.step - 1));
    await this.#judged(async () => {
      const scores = await validation.score(network, settings.objective.temperature, signal);
      const isBest = rate.report(scores.score);
      if (isBest) this.#best = network.exportWeights();
      const loss = state.lossSum / Math.max(1, state.batch);
      const report = { epoch: state.epoch, step: state.step, loss, learningRate, scores, isBest };
      const history = [...state.history, report];
      await onEpoch(report, history);
      this.#state = {
        ...{ ...state, epoch: state.epoch + 1, batch: 0, lossSum: 0, history, plateau: rate.state },
        epochsWithoutBetter: isBest ? 0 : state.epochsWithoutBetter + 1,
      };
    });
  }

  /** Runs something with the averaged weights in place. */
  #judged<T>(use: () => T | Promise<T>): Promise<T> {
    const run = async (): Promise<T> => use();
    if (this.#job.settings.averageDecay === 0) return run();
    return this.#average.during(this.#job.network.state, run);
  }

  get #learningRate(): LearningRate {
    const settings = { ...this.#job.settings.learningRate, totalSteps: this.#totalSteps };
    const { best, ...rest } = this.#state.plateau;
    return new LearningRate(settings, { ...rest, best: best ?? Infinity });
  }

  async #save(): Promise<void> {
    const tensors = new Map([
      ...(await numbersOf('weight', this.#job.network.state)),
      ...(await numbersOf('average', this.#average.state)),
      ...(await numbersOf('adam', this.#optimizer.state)),
      ...[...this.#best].map(([name, numbers]) => [`best/${name}`, numbers] as const),
    ]);
    await writeCheckpoint(this.#path, { state: this.#state, tensors });
    this.#savedMs = this.#job.now();
  }
}

function otherRun(dir: string): AppError {
  return new AppError(
    'OUTPUT_EXISTS',
    `${dir}: holds a run of other settings, data or first weights than these`,
    { cure: 'repeat the command that began it to go on with it, or name another folder with -o' },
  );
}
