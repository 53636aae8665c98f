import type { FileResult } from './figures.ts';

type Kind = FileResult['kind'];

/** An estimate needs this share of the first file. */
const leastSeen = 0.1;

/** Estimates how long the rest of a list of files takes, from the photos and the clips that are done. */
export class Eta {
  readonly #left: Record<Kind, number>;
  readonly #spent: Record<Kind, { seconds: number; files: number }> = {
    photo: { seconds: 0, files: 0 },
    clip: { seconds: 0, files: 0 },
  };

  /** @param files - how many of each kind are to be done, the first one included */
  constructor(files: Readonly<Record<Kind, number>>) {
    this.#left = { ...files };
  }

  /** Notes that a file is done. `seconds` undefined: its result was known, so it says nothing about the others. */
  finish(kind: Kind, seconds: number | undefined): void {
    this.#left[kind] -= 1;
    if (seconds === undefined) return;
    this.#spent[kind].seconds += seconds;
    this.#spent[kind].files += 1;
  }

  /**
   * Seconds that the rest takes.
   * @param current - the file under way: its kind, what share of it is done (0..1), and the seconds that took
   * @returns undefined while a kind that is to come has not been seen yet
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
