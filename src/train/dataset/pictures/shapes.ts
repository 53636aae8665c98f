import type { SizePx } from '../../../frame.ts';

/** Both sides of the network's picture are multiples of this. */
const multiple = 8;
/** Width over height, and height over width: square, 4:3, 3:2, 16:9. */
const aspects = [1, 4 / 3, 3 / 2, 16 / 9];
/** A picture is enlarged by at most this, because a blurred picture would teach that colour has no edges. */
const maxEnlargement = 1.15;

/**
 * The few shapes to which pictures are cut, so that there are whole batches of one shape.
 * @param shortSidePx - a multiple of 8; 144 gives 144x144, 192x144, 216x144, 256x144 and the upright ones
 */
export function shapesOf(shortSidePx: number): SizePx[] {
  return aspects.flatMap((aspect) => {
    const longPx = Math.round((shortSidePx * aspect) / multiple) * multiple;
    const lying = { widthPx: longPx, heightPx: shortSidePx };
    return longPx === shortSidePx ? [lying] : [lying, { widthPx: shortSidePx, heightPx: longPx }];
  });
}

/**
 * Chooses the shape that loses the least of a picture that is scaled to cover the shape and cut around its centre.
 * @param picture - upright, pixels
 * @returns undefined if the picture is smaller than every shape
 */
export function chooseShape(picture: SizePx, shapes: readonly SizePx[]): SizePx | undefined {
  let best: SizePx | undefined;
  let bestKept = 0;
  for (const shape of shapes) {
    const across = shape.widthPx / picture.widthPx;
    const down = shape.heightPx / picture.heightPx;
    const kept = Math.min(across, down) / Math.max(across, down);
    if (Math.max(across, down) <= maxEnlargement && kept > bestKept) {
      best = shape;
      bestKept = kept;
    }
  }
  return best;
}
