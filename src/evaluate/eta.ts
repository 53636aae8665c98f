import type { FileResult } from './figures.ts';

type Kind = FileResult['kind'];

/** The first estimate needs this share of the first file. */
const leastSeen = 0.1;

/** Estimates how long the rest of a list of files takes, from the finished photos and clips. */
export class Eta {
  readonly #left: Record<Kind, number>;
  readonly #spent: Record<Kind, { seconds: number; files: number }> = {
    photo: { seconds: 0, files: 0 },
    clip: { seconds: 0, files: 0 },
  };

  /**
   * @param files - number of files of each kind, including the first one
   */
  constructor(files: Readonly<Record<Kind, number>>) {
    this.#left = { ...files };
  }

  /**
   * Notes that a file is finished. If `seconds` is undefined, its result was known, so it says nothing about the
   * others.
   */
  finish(kind: Kind, seconds: number | undefined): void {
    this.#left[kind] -= 1;
    if (seconds === undefined) return;
    this.#spent[kind].seconds += seconds;
    this.#spent[kind].files += 1;
  }

  /**
   * Seconds that the rest takes.
   * @param current - the current file: its kind, how much of it is done (0..1), and how many seconds that took
   * @returns undefined if no file of a kind is finished but some are left
   */
  secondsLeft(current: { kind: Kind; share: number; seconds: number }): number | undefined {
    const { kind, share, seconds } = current;
    let left = 0;
    for (const each of ['photo', 'clip'] as const) {
      if (this.#left[each] === 0) continue;
      const { seconds: spent, files } = this.#spent[each];
      const isCurrent = each === kind;
      const started = isCurrent ? share : 0;
      const whole = (spent + (isCurrent ? seconds : 0)) / (files + started);
      if (files + started < leastSeen) return undefined;
      left += whole * (this.#left[each] - started);
    }
    return left;
  }
}
