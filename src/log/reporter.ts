/** Where a command's words go: a bar on a terminal, JSON lines when asked, quiet lines in a pipe. */
export interface Reporter {
  /** A result. */
  line(text: string, event: Readonly<Record<string, unknown>>): void;
  /** What the user should know but that stops nothing. */
  warn(text: string): void;
  progress(state: ProgressState): void;
  /** Ends a bar, if one is shown. */
  endProgress(): void;
  table(rows: readonly (readonly string[])[]): void;
}

export interface ProgressState {
  readonly input: string;
  readonly frames: number;
  /** undefined when the source does not say how long it is */
  readonly totalFrames: number | undefined;
  readonly fps: number;
  readonly scenes: number;
}
