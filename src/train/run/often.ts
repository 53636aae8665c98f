import picomatch from 'picomatch';

/** Samples that are varied, and so seen, more often than others. */
export interface Often {
  /** glob of their keys, such as `street/**` */
  readonly pattern: string;
  /** so many times the views of others; the first pattern that matches counts */
  readonly times: number;
}

/** @returns how often a sample of a key is varied */
export function viewsOf(views: number, often: readonly Often[]): (key: string) => number {
  const rules = often.map(({ pattern, times }) => ({ isMatch: picomatch(pattern), times }));
  return (key) => views * (rules.find(({ isMatch }) => isMatch(key))?.times ?? 1);
}
