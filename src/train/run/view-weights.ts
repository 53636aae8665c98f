import picomatch from 'picomatch';

/** Samples that are varied, and so seen, more often than others. */
export interface ViewWeight {
  /** glob of their keys, such as `street/**` */
  readonly pattern: string;
  /** how many times as many views as other samples get; the first pattern that matches counts */
  readonly times: number;
}

/** @returns a function that says how often the sample of a key is varied */
export function viewsOf(views: number, weights: readonly ViewWeight[]): (key: string) => number {
  const rules = weights.map(({ pattern, times }) => ({ isMatch: picomatch(pattern), times }));
  return (key) => views * (rules.find(({ isMatch }) => isMatch(key))?.times ?? 1);
}
