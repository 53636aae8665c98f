import { stat } from 'node:fs/promises';
import type { FileJob } from './outputs.ts';

/** Estimates how long a run over several inputs still takes, by the bytes of the inputs that are done. */
export class TimeLeft {
  private readonly bytes: readonly number[];
  private workedBytes = 0;
  private workedMs = 0;

  private constructor(bytes: readonly number[]) {
    this.bytes = bytes;
  }

  /** Looks how large the inputs are; one that is no file counts as nothing. */
  static async of(jobs: readonly FileJob[]): Promise<TimeLeft> {
    const sizes = jobs.map(({ input }) =>
      stat(input).then(
        ({ size }) => size,
        () => 0,
      ),
    );
    return new TimeLeft(await Promise.all(sizes));
  }

  /** An input was coloured; one that was skipped or failed tells nothing of the time. */
  worked(index: number, ms: number): void {
    this.workedBytes += this.bytes[index] ?? 0;
    this.workedMs += ms;
  }

  /**
   * @param index - of the input that is worked on
   * @param part - of it that is done, 0..1
   * @param ms - that it has taken
   * @returns seconds for the rest; undefined while nothing is known
   */
  seconds(index: number, part: number, ms: number): number | undefined {
    const current = (this.bytes[index] ?? 0) * part;
    const done = this.workedBytes + current;
    if (done <= 0) return undefined;
    const rest = this.bytes.slice(index).reduce((sum, size) => sum + size, 0) - current;
    return ((this.workedMs + ms) * rest) / done / 1000;
  }
}
