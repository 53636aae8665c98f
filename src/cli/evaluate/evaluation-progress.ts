import { basename } from 'node:path';
import { SingleBar } from 'cli-progress';
import { durationText } from '../../log/amount-text.ts';
import type { CommandStream } from '../command-context.ts';
import type { EvaluationProgress } from '../../evaluate/evaluation-plan.ts';

/** Minimum time between two lines if standard error is not a terminal, ms. */
const lineEveryMs = 10_000;

/** Shows the progress of an evaluation: as a bar on a terminal, otherwise as a line now and then. */
export class EvaluationProgressView implements Disposable {
  readonly #output: CommandStream;
  #bar: SingleBar | undefined;
  #lastMs = performance.now();

  /** @param output - standard error: results go to standard output */
  constructor(output: CommandStream) {
    this.#output = output;
  }

  show(progress: EvaluationProgress): void {
    if (this.#output.isTTY === true) this.#showBar(progress);
    else this.#showLine(progress);
  }

  /** Prints a line that stays. */
  say(text: string): void {
    this.end();
    this.#output.write(`${text}\n`);
  }

  /** Hides the bar. The next progress shows it again. */
  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  /** A bar that is still running would keep the process alive. */
  [Symbol.dispose](): void {
    this.end();
  }

  #showBar(progress: EvaluationProgress): void {
    const words = { left: durationText(progress.secondsLeft), what: whatText(progress) };
    if (this.#bar === undefined) {
      this.#bar = new SingleBar({
        format: '{bar} {percentage}%  {left} left  {what}',
        stream: this.#output,
        hideCursor: true,
        clearOnComplete: true,
      });
      this.#bar.start(progress.total, progress.done, words);
    }
    this.#bar.update(progress.done, words);
  }

  #showLine(progress: EvaluationProgress): void {
    const nowMs = performance.now();
    if (nowMs - this.#lastMs < lineEveryMs) return;
    this.#lastMs = nowMs;
    const share = `${Math.floor(progress.done)}/${progress.total} files`;
    this.#output.write(`${share}, ${durationText(progress.secondsLeft)} left: ${whatText(progress)}\n`);
  }
}

function whatText({ model, file }: EvaluationProgress): string {
  return `${model}: ${basename(file)}`;
}
