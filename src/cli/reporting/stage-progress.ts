import { SingleBar } from 'cli-progress';
import { durationText } from '../../log/amount-text.ts';
import { showsBar, type CommandStreams } from '../command-context.ts';
import { printJson } from './print-json.ts';

/**
 * How progress is shown: as a bar on a terminal, as JSON lines on standard output, or as a line now and then in a pipe.
 */
export type ProgressKind = 'bar' | 'json' | 'lines';

/** Chooses where progress goes: JSON when the user asks for it, a bar only if standard error is a terminal. */
export function progressKind(options: { readonly json?: boolean }, { stderr }: CommandStreams): ProgressKind {
  if (options.json === true) return 'json';
  return showsBar(stderr) ? 'bar' : 'lines';
}

/** The progress of one stage of the work. */
export interface StageState {
  /** a new stage starts a new bar and a new rate */
  readonly stage: string;
  /** name of the stage for people, such as `making samples` */
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** unit of `done` and `total`; empty if the label names it */
  readonly unit: string;
}

/** The speed of a stage. */
export interface StagePace {
  /** 0 if nothing has been measured yet */
  readonly perSecond: number;
  /** whole seconds; undefined if nothing has been measured yet */
  readonly leftS: number | undefined;
}

/** What to show of a stage, apart from numbers and time left. */
export interface StageWords {
  /** such as `12.5 pictures/s` */
  readonly rate: string;
  /** such as `loss 0.12`; may be empty */
  readonly note: string;
  /** for JSON, in addition to `event` and `stage` */
  readonly event: Readonly<Record<string, unknown>>;
}

/** Shows the progress of a command's stages, with rate and time left. */
export class StageProgress {
  readonly kind: ProgressKind;
  readonly #everyMs: number;
  readonly #streams: CommandStreams;
  #bar: SingleBar | undefined;
  #begun: { readonly stage: string; readonly ms: number; readonly done: number } | undefined;
  #lastMs = -Infinity;

  /**
   * @param everyMs - minimum time between two updates; the last update is always shown
   */
  constructor(kind: ProgressKind, everyMs: Readonly<Record<ProgressKind, number>>, streams: CommandStreams) {
    this.kind = kind;
    this.#everyMs = everyMs[kind];
    this.#streams = streams;
  }

  /**
   * Shows a state. The rate counts from the first state of a stage, because a resumed run does not start at 0. That
   * first state is not shown.
   * @param describe - called only if something is shown
   */
  show(state: StageState, describe: (pace: StagePace) => StageWords): void {
    const ms = performance.now();
    if (this.#begun?.stage !== state.stage) {
      this.end();
      this.#begun = { stage: state.stage, ms, done: state.done };
      this.#lastMs = ms;
    }
    if (ms - this.#lastMs < this.#everyMs && state.done < state.total) return;
    this.#lastMs = ms;
    const seconds = (ms - this.#begun.ms) / 1000;
    const perSecond = seconds > 0 ? (state.done - this.#begun.done) / seconds : 0;
    const leftS = perSecond > 0 ? Math.round((state.total - state.done) / perSecond) : undefined;
    this.#write(state, leftS, describe({ perSecond, leftS }));
  }

  /** Hides the bar; the stage continues with the next update. */
  pause(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  /** Ends the stage. */
  end(): void {
    this.pause();
    this.#begun = undefined;
  }

  #write(
    { stage, label, done, total, unit }: StageState,
    leftS: number | undefined,
    words: StageWords,
  ): void {
    const { rate, note, event } = words;
    if (this.kind === 'json') {
      printJson(this.#streams.stdout, { event: 'progress', stage, ...event });
      return;
    }
    const parts = [rate, note, `${durationText(leftS)} left`].filter((part) => part !== '').join(', ');
    if (this.kind === 'lines') {
      this.#streams.stderr.write(`${label}: ${done} of ${total}${unit === '' ? '' : ` ${unit}`}, ${parts}\n`);
      return;
    }
    this.#bar ??= startBar(this.#streams.stderr, label, { total, done });
    this.#bar.update(done, { parts });
  }
}

function startBar(
  stream: NodeJS.WritableStream,
  label: string,
  { total, done }: { readonly total: number; readonly done: number },
): SingleBar {
  const bar = new SingleBar({
    format: `${label}  {bar} {percentage}%  {value}/{total}  {parts}`,
    stream,
    hideCursor: true,
  });
  bar.start(total, done, { parts: '' });
  return bar;
}
