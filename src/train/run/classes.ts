import type { Prior } from '../dataset/prior.ts';
import { classWeights, ColourCodes } from '../learn/colour-codes.ts';

/** Cells of colour that hold less than this share of a set get no class of their own. */
const leastShare = 2e-5;

/**
 * Classes of colour for a network that has none yet: the cells of a set's colours that occur.
 * @returns a*, b* of each, `[classes, 2]`
 */
export function binsOf({ cells }: Prior): Float32Array {
  const total = cells.reduce((sum, [, , count]) => sum + count, 0);
  const kept = cells.filter(([, , count]) => count >= total * leastShare);
  return Float32Array.from(kept.flatMap(([a, b]) => [a, b]));
}

/**
 * Codes and weights of the classes for the objective `rebalanced`.
 * @param bins - `[classes, 2]`
 * @param prior - of the set that is learnt from
 * @param lambda - how far the classes are weighed alike, 0..1
 */
export function classesOf(
  bins: Float32Array,
  prior: Prior,
  lambda: number,
): { codes: ColourCodes; weights: Float32Array } {
  const codes = new ColourCodes(bins);
  const histogram = new Float64Array(codes.classes);
  for (const [a, b, count] of prior.cells) codes.addTo(histogram, [a, b], count);
  return { codes, weights: classWeights(histogram, lambda) };
}
