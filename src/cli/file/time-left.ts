import { stat } from 'node:fs/promises';
import type { FileJob } from './outputs.ts';

/** Estimates the time left for a run over several inputs, from the sizes of their files. */
export class TimeLeft {
  private readonly bytes: readonly number[];
  private workedBytes = 0;
  private workedMs = 0;

  private constructor(bytes: readonly number[]) {
    this.bytes = bytes;
  }

  /** Reads the sizes of the inputs; an input that is not a file counts as empty. */
  static async of(jobs: readonly FileJob[]): Promise<TimeLeft> {
    const sizes = jobs.map(({ input }) =>
      stat(input).then(
        ({ size }) => size,
        () => 0,
      ),
    );
    return new TimeLeft(await Promise.all(sizes));
  }

  /** Records an input that was coloured. Skipped and failed inputs say nothing about the time. */
  worked(index: number, ms: number): void {
    this.workedBytes += this.bytes[index] ?? 0;
    this.workedMs += ms;
  }

  /**
   * @param index - of the current input
   * @param part - how much of it is done, 0..1
   * @param ms - how long it has taken so far
   * @returns seconds for the rest; undefined if there is nothing to estimate from
   */
  seconds(index: number, part: number, ms: number): number | undefined {
    const current = (this.bytes[index] ?? 0) * part;
    const done = this.workedBytes + current;
    if (done <= 0) return undefined;
    const rest = this.bytes.slice(index).reduce((sum, size) => sum + size, 0) - current;
    return ((this.workedMs + ms) * rest) / done / 1000;
  }
}
