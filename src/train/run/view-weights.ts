import picomatch from 'picomatch';

/** Samples that are varied more often than others, so that the network sees them more often. */
export interface ViewWeight {
  /** glob of their keys, such as `street/**` */
  readonly pattern: string;
  /** the number of views is multiplied by this; the first matching pattern counts */
  readonly times: number;
}

/**
 * @returns a function that returns how often to vary the sample of a key
 */
export function viewsOf(views: number, weights: readonly ViewWeight[]): (key: string) => number {
  const rules = weights.map(({ pattern, times }) => ({ isMatch: picomatch(pattern), times }));
  return (key) => views * (rules.find(({ isMatch }) => isMatch(key))?.times ?? 1);
}
