import type { TensorflowBackend } from '../../model/tfjs/backend.ts';
import type { EpochReport, StepProgress } from '../../train/learn/run-state.ts';
import type { CameraReporter } from '../../train/camera/train-camera.ts';
import type { CameraTable } from '../../train/camera/camera-table.ts';
import type { Scores } from '../../train/learn/validation.ts';
import type { Calibrated } from '../../train/run/calibrate.ts';
import type { RunReporter, RunStart } from '../../train/run/run-reporter.ts';
import type { CommandStreams } from '../command-context.ts';
import { printJson } from '../reporting/print-json.ts';
import { progressKind, StageProgress } from '../reporting/stage-progress.ts';

/** Minimum time between two progress lines, ms. */
const progressEveryMs = { bar: 200, json: 5000, lines: 30_000 } as const;

/** Reports the progress of a training run to the user. */
export class TrainReporter implements RunReporter, CameraReporter {
  readonly #progress: StageProgress;
  readonly #streams: CommandStreams;
  /** learnt from by this process, in the current stage */
  #pictures = 0;
  #firstStep: number | undefined;

  constructor(options: { readonly json?: boolean }, streams: CommandStreams) {
    this.#progress = new StageProgress(progressKind(options, streams), progressEveryMs, streams);
    this.#streams = streams;
  }

  /** Prints one sentence for the user, such as which backend computes. */
  notice(text: string): void {
    if (this.#progress.kind === 'json') printJson(this.#streams.stdout, { event: 'notice', text });
    else this.#streams.stderr.write(`${text}\n`);
  }

  /** Says which backend trains, and why no better one does. */
  backend({ engine, why }: TensorflowBackend): void {
    for (const reason of why) this.notice(`${reason}.`);
    this.notice(`Training on ${engine}.`);
  }

  /** Says how long a training takes, before it starts. */
  time(seconds: number, pictures: number): void {
    if (this.#progress.kind === 'json')
      printJson(this.#streams.stdout, { event: 'estimate', seconds: Math.round(seconds), pictures });
    else this.notice(`Training on ${pictures} pictures takes about ${minutesText(seconds)} on this machine.`);
  }

  /** Says which part of the run begins. */
  part(name: string): void {
    this.end();
    this.notice(`${name}:`);
  }

  features(done: number, total: number): void {
    this.#show('features', done, total);
  }

  start(facts: RunStart): void {
    this.end();
    if (this.#progress.kind === 'json') {
      printJson(this.#streams.stdout, { event: 'start', ...facts });
      return;
    }
    const { pictures, batches, validation, references } = facts;
    const { gray, truthColourfulness } = references;
    this.#streams.stderr.write(
      `${pictures} pictures in ${batches} batches per epoch; ${validation} pictures held out for validation\n` +
        `for comparison: without colour PSNR ${gray.psnrDb.toFixed(2)} dB, ΔE00 ${gray.ciede2000.toFixed(2)}; ` +
        `the truth's colourfulness ${truthColourfulness.toFixed(1)}\n`,
    );
  }

  step({ step, totalSteps, pictures, loss, epoch }: StepProgress): void {
    this.#pictures += pictures;
    this.#firstStep ??= step;
    const done = step + 1;
    const picturesPerStep = this.#pictures / (done - this.#firstStep);
    const state = { stage: 'training', label: 'training', done, total: totalSteps, unit: 'steps' };
    this.#progress.show(state, ({ perSecond, leftS }) => {
      const rate = perSecond * picturesPerStep;
      const facts = { epoch: epoch + 1, loss: Number(loss.toFixed(4)), picturesPerStep };
      return {
        rate: `${rate.toFixed(1)} pictures/s`,
        note: `loss ${facts.loss}`,
        event: { done, total: totalSteps, unit: 'steps', ...facts, picturesPerSecond: round(rate), leftS },
      };
    });
  }

  epoch({ epoch, step, loss, learningRate, scores, isBest, measures = {} }: EpochReport): void {
    if (this.#progress.kind === 'json') {
      printJson(this.#streams.stdout, {
        event: 'epoch',
        epoch: epoch + 1,
        step,
        loss,
        learningRate,
        ...scores,
        ...measures,
        isBest,
      });
      return;
    }
    this.#progress.pause();
    this.#streams.stderr.write(
      `epoch ${epoch + 1}: ${[`loss ${loss.toFixed(4)}`, ...scoreTexts(scores, measures)].join(', ')}${isBest ? ', best so far' : ''}\n`,
    );
  }

  calibrating(done: number, total: number): void {
    this.#show('calibrating', done, total);
  }

  calibrated({ temperature, fade, raise, scores }: Calibrated): void {
    if (this.#progress.kind === 'json') {
      printJson(this.#streams.stdout, { event: 'calibrated', temperature, fade, raise, ...scores });
      return;
    }
    this.notice(
      `calibrated: T ${temperature}, fade ${fade}, colourful classes raised by ${raise.toFixed(2)}: ${scoresText(scores)}`,
    );
  }

  /** A camera's table, before and after. */
  camera(lines: readonly string[], table: CameraTable): void {
    if (this.#progress.kind === 'json') printJson(this.#streams.stdout, { event: 'table', table });
    else this.#streams.stdout.write(`${lines.join('\n')}\n`);
  }

  /** Ends a stage. The next one starts with a new bar and rate. */
  end(): void {
    this.#progress.end();
    this.#pictures = 0;
    this.#firstStep = undefined;
  }

  #show(stage: 'features' | 'calibrating', done: number, total: number): void {
    const state = { stage, label: stage, done, total, unit: 'pictures' };
    this.#progress.show(state, ({ perSecond, leftS }) => ({
      rate: `${perSecond.toFixed(1)} pictures/s`,
      note: '',
      event: { done, total, unit: 'pictures', picturesPerSecond: round(perSecond), leftS },
    }));
  }
}

function scoresText({ psnrDb, ciede2000, colourfulness }: Scores): string {
  return `PSNR ${psnrDb.toFixed(2)} dB, ΔE00 ${ciede2000.toFixed(2)}, colourfulness ${colourfulness.toFixed(1)}`;
}

/** A critic has no scores of colours. */
function scoreTexts(scores: Scores, measures: NonNullable<EpochReport['measures']>): string[] {
  const colours = Number.isNaN(scores.psnrDb) ? [] : [scoresText(scores)];
  const shares = Object.entries(measures).map(
    ([name, value]) => `${measureNames[name] ?? name} ${(100 * value).toFixed(0)} %`,
  );
  return [...colours, ...shares];
}

const measureNames: Readonly<Record<string, string>> = {
  sceneAccuracy: 'scenes recognized',
  criticAccuracy: 'critic right',
  networkSteps: 'network learnt in',
};

function minutesText(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? 'a minute' : `${minutes} minutes`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
