import type { FileResult } from '../figures.ts';

/** An example of the files in a report. */
export interface Example {
  readonly why: 'worst' | 'median' | 'best';
  readonly result: FileResult;
}

/**
 * The worst, the median and the best file by a figure of the output.
 * @param results - of one kind, at least one; not modified
 * @param figure - files without this value are left out
 * @param better - which values are good
 * @returns up to three results, no file twice
 */
export function pickExamples(
  results: readonly FileResult[],
  figure: 'psnrDb' | 'ciede2000',
  better: 'higher' | 'lower',
): Example[] {
  const valued = results.flatMap((result) => {
    const value = result.figures.output[figure];
    return value === null ? [] : [{ result, value: better === 'higher' ? value : -value }];
  });
  const ordered = valued.toSorted((a, b) => a.value - b.value).map(({ result }) => result);
  const ranks = [
    ['worst', 0],
    ['median', (ordered.length - 1) >> 1],
    ['best', ordered.length - 1],
  ] as const;
  const taken = new Set<FileResult>();
  return ranks.flatMap(([why, rank]) => {
    const result = ordered[rank];
    if (result === undefined || taken.has(result)) return [];
    taken.add(result);
    return [{ why, result }];
  });
}
