/** Distinguishes scenes in colour from gray and tinted ones, by the `chromaSpread` of their frames. */

/**
 * A frame with at least this value is in colour. Measured clips in colour had 3.5 or more, and gray or tinted clips 2.4
 * or less, coding noise included (docs/pictures.md).
 */
const colorFrom = 3;
/** Within a shot, colour ends only below this value, so a dark moment does not end it. */
const colorlessBelow = 1;
/** The share of the first frames that must be in colour. It is low because a scene may start with a fade from black. */
const leastPart = 0.25;

/** Whether a scene starts in colour. @param spreads - of its first frames; undefined: the source has no chroma */
export function isInColor(spreads: readonly (number | undefined)[]): boolean {
  const inColor = spreads.filter((spread) => spread !== undefined && spread >= colorFrom).length;
  return inColor > 0 && inColor >= spreads.length * leastPart;
}

/**
 * Whether colour starts or ends within a shot.
 * @param isOwn - whether the previous frames were in colour
 * @param spreads - of the frames from this one on; all must agree
 */
export function colorChanges(isOwn: boolean, spreads: readonly (number | undefined)[]): boolean {
  return spreads.every((spread) => (isOwn ? (spread ?? 0) < colorlessBelow : (spread ?? 0) >= colorFrom));
}
