import type { Prior } from '../dataset/prior.ts';
import { classWeights, ColourCodes } from '../learn/colour-codes.ts';
import type { Objective } from '../learn/objectives.ts';
import type { ColourClasses } from '../learn/terms/colour-term.ts';

/** A colour cell with a smaller share of the set gets no class of its own. */
const leastShare = 2e-5;

/**
 * Colour classes for a network that has none yet: the colour cells that occur in a set.
 * @returns a*, b* of each, `[classes, 2]`
 */
export function binsOf({ cells }: Prior): Float32Array {
  const total = cells.reduce((sum, [, , count]) => sum + count, 0);
  const kept = cells.filter(([, , count]) => count >= total * leastShare);
  return Float32Array.from(kept.flatMap(([a, b]) => [a, b]));
}

/**
 * The classes that an objective needs.
 * @param bins - a*, b* of each class, `[classes, 2]`; undefined if the network has no classes
 * @param prior - of the training part of the set
 * @returns nothing for an objective without classes
 */
export function classesFor(
  { bins }: { readonly bins?: Float32Array },
  prior: Prior,
  { kind, lambda }: Objective,
): { classes?: ColourClasses } {
  return bins === undefined || kind === 'mse' ? {} : { classes: classesOf(bins, prior, lambda) };
}

/**
 * Codes and weights of classes.
 * @param bins - `[classes, 2]`
 * @param prior - of the training part of the set
 * @param lambda - with 0 the weight of a class is the inverse of its frequency; with 1 all classes weigh the same
 */
export function classesOf(bins: Float32Array, prior: Prior, lambda: number): ColourClasses {
  const codes = new ColourCodes(bins);
  const histogram = new Float64Array(codes.classes);
  for (const [a, b, count] of prior.cells) codes.addTo(histogram, [a, b], count);
  return { codes, weights: classWeights(histogram, lambda) };
}
