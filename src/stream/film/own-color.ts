/** Distinguishes scenes in colour from gray and tinted ones, by the `chromaSpread` of their frames. */

/**
 * A frame with at least this much is in colour. Measured clips had 3.5 or more in colour, and 2.4 or less if they were gray
 * or tinted, coding noise included (docs/pictures.md).
 */
const colorFrom = 3;
/** Inside a shot, colour ends only below this, so that a dark moment does not end it. */
const colorlessBelow = 1;
/** Share of the first frames that must be in colour. It is low, because a scene may begin with a fade from black. */
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
