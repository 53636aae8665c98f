import { basename } from 'node:path';
import { SingleBar } from 'cli-progress';
import { plainLines, plainText } from '../../log/plain-text.ts';
import type { ProgressState, Reporter } from '../../log/reporter.ts';
import { formatTable } from './table.ts';
import { durationText } from '../../log/amount-text.ts';
import { showsBar, type CommandStreams } from '../command-context.ts';
import { printJson } from './print-json.ts';

/** Minimum time between two progress lines, ms. */
const progressEveryMs = { bar: 100, json: 1000 } as const;

/** The current input of a run over several. */
export interface InputTurn {
  /** From 1. */
  readonly number: number;
  readonly of: number;
  readonly input: string;
  /**
   * Seconds for the rest of this input and those after it, from the finished share of it, 0..1; undefined if unknown.
   */
  readonly leftS: (part: number) => number | undefined;
}

/** A reporter that also says which of several inputs is being coloured. */
export interface InputReporter extends Reporter {
  /** Begins an input of several. */
  beginInput(turn: InputTurn): void;
}

/** Chooses the reporter, by the options and by where standard error goes. */
export function makeReporter(
  options: { json?: boolean; quiet?: boolean },
  streams: CommandStreams,
): InputReporter {
  return new StreamReporter(options.json === true, options.quiet === true, streams);
}

class StreamReporter implements InputReporter {
  private readonly json: boolean;
  private readonly quiet: boolean;
  private readonly hasBar: boolean;
  private readonly streams: CommandStreams;
  private bar: SingleBar | undefined;
  private lastMs = 0;
  private turn: InputTurn | undefined;

  constructor(json: boolean, quiet: boolean, streams: CommandStreams) {
    this.json = json;
    this.quiet = quiet;
    this.streams = streams;
    this.hasBar = showsBar(streams.stderr) && !json && !quiet;
  }

  beginInput(turn: InputTurn): void {
    this.turn = turn;
    const { number, of, input } = turn;
    const leftS = turn.leftS(0);
    if (this.json) printJson(this.streams.stdout, { event: 'input', number, of, input, leftS });
    else if (!this.quiet && !this.hasBar) {
      const left = leftS === undefined ? '' : `, about ${durationText(leftS)} left in all`;
      this.streams.stderr.write(`${number} of ${of}: ${plainText(input)}${left}\n`);
    }
  }

  line(text: string, event: Readonly<Record<string, unknown>>): void {
    this.endProgress();
    if (this.json) printJson(this.streams.stdout, event);
    else if (!this.quiet) this.streams.stderr.write(`${plainLines(text)}\n`);
  }

  warn(text: string): void {
    if (this.json) printJson(this.streams.stdout, { event: 'warning', text });
    else if (!this.quiet) this.streams.stderr.write(`warning: ${plainText(text)}\n`);
  }

  progress(state: ProgressState): void {
    if (this.quiet) return;
    const now = performance.now();
    if (now - this.lastMs < (this.hasBar ? progressEveryMs.bar : progressEveryMs.json)) return;
    this.lastMs = now;
    if (this.json) printJson(this.streams.stdout, { event: 'progress', ...state, ...this.turnFacts(state) });
    if (!this.hasBar) return;
    this.bar ??= this.startBar(state);
    this.bar.setTotal(state.totalFrames ?? Math.max(state.frames, 1));
    this.bar.update(state.frames, {
      fps: state.fps.toFixed(1),
      scenes: state.scenes,
      all: this.leftInAll(state),
    });
  }

  private turnFacts(state: ProgressState): Readonly<Record<string, unknown>> {
    if (this.turn === undefined) return {};
    const { number, of, leftS } = this.turn;
    return { number, of, leftInAllS: leftS(partOf(state)) };
  }

  private leftInAll(state: ProgressState): string {
    return this.turn === undefined ? '' : `, ${durationText(this.turn.leftS(partOf(state)))} in all`;
  }

  endProgress(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  table(rows: readonly (readonly string[])[]): void {
    if (this.json) {
      for (const [input, output, text] of rows) {
        printJson(this.streams.stdout, { event: 'result', input, output, text });
      }
      return;
    }
    this.streams.stderr.write(
      formatTable(rows)
        .map((line) => `${line}\n`)
        .join(''),
    );
  }

  private startBar(state: ProgressState): SingleBar {
    const { number, of } = this.turn ?? { number: 1, of: 1 };
    const who = `${of > 1 ? `${number} of ${of}  ` : ''}${plainText(basename(state.input))}`;
    const bar = new SingleBar({
      // The bar would read a brace in a file's name as a field.
      format: `${who.replaceAll('{', '(').replaceAll('}', ')')}  {bar} {percentage}%  {value}/{total} frames  {fps} fps  {scenes} scenes  {eta_formatted} left{all}`,
      stream: this.streams.stderr,
      hideCursor: true,
      etaBuffer: 200,
      formatTime: durationText,
    });
    bar.start(state.totalFrames ?? 1, state.frames, { fps: '-', scenes: 0, all: '' });
    return bar;
  }
}

/** How much of an input is done, 0..1. */
function partOf({ frames, totalFrames }: ProgressState): number {
  return totalFrames === undefined ? 0 : Math.min(1, frames / Math.max(1, totalFrames));
}
