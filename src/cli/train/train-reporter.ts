import { SingleBar } from 'cli-progress';
import type { TensorflowBackend } from '../../model/tfjs/backend.ts';
import type { EpochReport, StepProgress } from '../../train/learn/train-network.ts';
import type { CameraTable } from '../../train/camera/camera-table.ts';
import type { Scores } from '../../train/learn/validation.ts';
import type { Calibrated } from '../../train/run/calibrate.ts';
import type { RunReporter, RunStart } from '../../train/run/train-model.ts';
import { durationText, printJson } from '../reporting/words.ts';

/** At most one progress line in so many milliseconds. */
const progressEveryMs = { bar: 200, json: 5000, lines: 30_000 } as const;

type Kind = keyof typeof progressEveryMs;

/** Says how a training run goes: a bar on a terminal, a line now and then in a pipe, or JSON lines on standard output. */
export class TrainReporter implements RunReporter {
  readonly #kind: Kind;
  #bar: SingleBar | undefined;
  /** whose progress is shown: its bar, its rate */
  #stage = '';
  #lastMs = 0;
  /** where counting of the rate began: a resumed run does not begin at 0 */
  #from: { ms: number; count: number } | undefined;
  #pictures = 0;

  constructor(options: { readonly json?: boolean }) {
    this.#kind =
      options.json === true
        ? 'json'
        : process.stderr.isTTY && process.env['NO_COLOR'] === undefined
          ? 'bar'
          : 'lines';
  }

  /** One sentence of what the user should know, such as which backend computes. */
  notice(text: string): void {
    if (this.#kind === 'json') printJson({ event: 'notice', text });
    else process.stderr.write(`${text}\n`);
  }

  /** What computes, and why nothing better does. */
  backend({ engine, why }: TensorflowBackend): void {
    for (const reason of why) this.notice(`${reason}.`);
    this.notice(`Training on ${engine}.`);
  }

  features(done: number, total: number): void {
    this.#progress('features', { done, total, unit: 'pictures' });
  }

  start(facts: RunStart): void {
    this.end();
    if (this.#kind === 'json') {
      printJson({ event: 'start', ...facts });
      return;
    }
    const { pictures, batches, validation, references } = facts;
    const { gray, truthColourfulness } = references;
    process.stderr.write(
      `${pictures} pictures in ${batches} batches an epoch; judged by ${validation} set aside\n` +
        `to compare with: without colour PSNR ${gray.psnrDb.toFixed(2)} dB, ΔE00 ${gray.ciede2000.toFixed(2)}; ` +
        `the truth's colourfulness ${truthColourfulness.toFixed(1)}\n`,
    );
  }

  step({ step, totalSteps, pictures, loss, epoch }: StepProgress): void {
    this.#pictures += pictures;
    const perStep = this.#pictures / (step + 1 - (this.#from?.count ?? step));
    const detail = { epoch: epoch + 1, loss: Number(loss.toFixed(4)), picturesPerStep: perStep };
    this.#progress('training', { done: step + 1, total: totalSteps, unit: 'steps', ...detail });
  }

  epoch({ epoch, step, loss, learningRate, scores, isBest }: EpochReport): void {
    if (this.#kind === 'json') {
      printJson({ event: 'epoch', epoch: epoch + 1, step, loss, learningRate, ...scores, isBest });
      return;
    }
    this.#bar?.stop();
    this.#bar = undefined;
    process.stderr.write(
      `epoch ${epoch + 1}: loss ${loss.toFixed(4)}, ${scoresText(scores)}${isBest ? ', best so far' : ''}\n`,
    );
  }

  calibrating(done: number, total: number): void {
    this.#progress('calibrating', { done, total, unit: 'pictures' });
  }

  calibrated({ temperature, fade, raise, scores }: Calibrated): void {
    if (this.#kind === 'json') {
      printJson({ event: 'calibrated', temperature, fade, raise, ...scores });
      return;
    }
    this.notice(
      `calibrated: T ${temperature}, fade ${fade}, colourful classes raised by ${raise.toFixed(2)}: ${scoresText(scores)}`,
    );
  }

  /** A camera's table, before and after. */
  camera(lines: readonly string[], table: CameraTable): void {
    if (this.#kind === 'json') printJson({ event: 'table', table });
    else process.stdout.write(`${lines.join('\n')}\n`);
  }

  /** Ends a stage; the next begins with a new bar and rate. */
  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#from = undefined;
    this.#pictures = 0;
  }

  #progress(
    stage: string,
    now: { readonly done: number; readonly total: number; readonly unit: string } & Readonly<
      Record<string, unknown>
    >,
  ): void {
    if (stage !== this.#stage) this.end();
    this.#stage = stage;
    const ms = performance.now();
    this.#from ??= { ms, count: now.done - 1 };
    if (ms - this.#lastMs < progressEveryMs[this.#kind] && now.done < now.total) return;
    this.#lastMs = ms;
    const seconds = Math.max(1, ms - this.#from.ms) / 1000;
    const perSecond = (now.done - this.#from.count) / seconds;
    const leftS = Math.round((now.total - now.done) / perSecond);
    const picturesPerSecond = stage === 'training' ? this.#pictures / seconds : perSecond;
    if (this.#kind === 'json') {
      printJson({ event: 'progress', stage, ...now, picturesPerSecond: round(picturesPerSecond), leftS });
    } else if (this.#kind === 'lines') {
      const loss = typeof now['loss'] === 'number' ? `, loss ${now['loss']}` : '';
      process.stderr.write(
        `${stage}: ${now.done} of ${now.total} ${now.unit}, ${picturesPerSecond.toFixed(1)} pictures/s${loss}, ${durationText(leftS)} left\n`,
      );
    } else {
      this.#bar ??= startBar(stage, now.total, now.done);
      this.#bar.update(now.done, {
        rate: picturesPerSecond.toFixed(1),
        loss: typeof now['loss'] === 'number' ? now['loss'] : '-',
      });
    }
  }
}

function scoresText({ psnrDb, ciede2000, colourfulness }: Scores): string {
  return `PSNR ${psnrDb.toFixed(2)} dB, ΔE00 ${ciede2000.toFixed(2)}, colourfulness ${colourfulness.toFixed(1)}`;
}

function startBar(stage: string, total: number, done: number): SingleBar {
  const bar = new SingleBar({
    format: `${stage}  {bar} {percentage}%  {value}/{total}  {rate} pictures/s  loss {loss}  {eta_formatted} left`,
    ...{ stream: process.stderr, hideCursor: true, etaBuffer: 200 },
  });
  bar.start(total, done, { rate: '-', loss: '-' });
  return bar;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
