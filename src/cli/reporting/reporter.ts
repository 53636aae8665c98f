import { SingleBar } from 'cli-progress';
import type { ProgressState, Reporter } from '../../log/reporter.ts';
import { formatTable } from './table.ts';
import { durationText } from './duration-text.ts';
import { printJson } from './print-json.ts';

/** Milliseconds between two progress lines, at least. */
const progressEveryMs = { bar: 100, json: 1000 } as const;

/** Chooses the reporter for where standard error goes and what was asked. */
export function makeReporter(options: { json?: boolean; quiet?: boolean }): Reporter {
  const isTerminal = process.stderr.isTTY && process.env['NO_COLOR'] === undefined;
  return new StreamReporter(
    options.json === true,
    options.quiet === true,
    isTerminal && options.json !== true,
  );
}

class StreamReporter implements Reporter {
  private readonly json: boolean;
  private readonly quiet: boolean;
  private readonly hasBar: boolean;
  private bar: SingleBar | undefined;
  private lastMs = 0;

  constructor(json: boolean, quiet: boolean, hasBar: boolean) {
    this.json = json;
    this.quiet = quiet;
    this.hasBar = hasBar && !quiet;
  }

  line(text: string, event: Readonly<Record<string, unknown>>): void {
    this.endProgress();
    if (this.json) printJson(event);
    else if (!this.quiet) process.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    if (this.json) printJson({ event: 'warning', text });
    else if (!this.quiet) process.stderr.write(`warning: ${text}\n`);
  }

  progress(state: ProgressState): void {
    if (this.quiet) return;
    const now = performance.now();
    if (now - this.lastMs < (this.hasBar ? progressEveryMs.bar : progressEveryMs.json)) return;
    this.lastMs = now;
    if (this.json) printJson({ event: 'progress', ...state });
    if (!this.hasBar) return;
    this.bar ??= this.startBar(state);
    this.bar.setTotal(state.totalFrames ?? Math.max(state.frames, 1));
    this.bar.update(state.frames, { fps: state.fps.toFixed(1), scenes: state.scenes });
  }

  endProgress(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  table(rows: readonly (readonly string[])[]): void {
    if (this.json) {
      for (const [input, output, text] of rows) {
        printJson({ event: 'result', input, output, text });
      }
      return;
    }
    process.stderr.write(
      formatTable(rows)
        .map((line) => `${line}\n`)
        .join(''),
    );
  }

  private startBar(state: ProgressState): SingleBar {
    const bar = new SingleBar({
      format: '{bar} {percentage}%  {value}/{total} frames  {fps} fps  {scenes} scenes  {eta_formatted} left',
      stream: process.stderr,
      hideCursor: true,
      etaBuffer: 200,
      formatTime: durationText,
    });
    bar.start(state.totalFrames ?? 1, state.frames, { fps: '-', scenes: 0 });
    return bar;
  }
}
