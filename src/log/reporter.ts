/** Where a command prints: a bar on a terminal, JSON lines on request, plain lines in a pipe. */
export interface Reporter {
  /** Prints a result. */
  line(text: string, event: Readonly<Record<string, unknown>>): void;
  /** Prints a warning, after which the work continues. */
  warn(text: string): void;
  progress(state: ProgressState): void;
  /** Ends the bar, if one is shown. */
  endProgress(): void;
  table(rows: readonly (readonly string[])[]): void;
}

export interface ProgressState {
  readonly input: string;
  readonly frames: number;
  /** undefined when the source does not state its length */
  readonly totalFrames: number | undefined;
  readonly fps: number;
  readonly scenes: number;
}
