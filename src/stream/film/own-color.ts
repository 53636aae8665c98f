/** Tells scenes that the source has in colour from gray and tinted ones, by the `chromaSpread` of their frames. */

/**
 * A frame with more is in colour. The clips that were measured have 3.5 and more in colour, and 2.4 and less when they are
 * gray or tinted, with coding noise (docs/pictures.md).
 */
const colorFrom = 3;
/** Inside a shot colour ends only where it is this near to none: a dark moment is not the end of it. */
const colorlessBelow = 1;
/** Part of the first frames that must be in colour: a scene may come out of black. */
const leastPart = 0.25;

/** Whether a scene begins in colour. @param spreads - of its first frames; undefined: the source has no chroma */
export function isInColor(spreads: readonly (number | undefined)[]): boolean {
  const inColor = spreads.filter((spread) => spread !== undefined && spread >= colorFrom).length;
  return inColor > 0 && inColor >= spreads.length * leastPart;
}

/**
 * Whether colour begins or ends inside a shot.
 * @param isOwn - whether the frames before were in colour
 * @param spreads - of the frames from this one on; all must agree
 */
export function colorChanges(isOwn: boolean, spreads: readonly (number | undefined)[]): boolean {
  return spreads.every((spread) => (isOwn ? (spread ?? 0) < colorlessBelow : (spread ?? 0) >= colorFrom));
}
