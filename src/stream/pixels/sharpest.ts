import type { SizePx } from '../../frame.ts';

/**
 * The picture with the strongest gradients, the first of equals: of a scene's, the one that says most of it.
 * @param pictures - at least one, `[h * w]` each; not modified
 * @param size - of every picture
 * @returns one of them
 */
export function sharpest(pictures: readonly Uint8Array[], size: SizePx): Uint8Array {
  return pictures
    .map((picture) => ({ picture, sharpness: sharpness(picture, size) }))
    .reduce((best, next) => (next.sharpness > best.sharpness ? next : best)).picture;
}

/** Mean squared horizontal and vertical difference. */
function sharpness(picture: Uint8Array, size: SizePx): number {
  let sum = 0;
  for (let i = 0; i + size.widthPx < picture.length; i++) {
    const across = (picture[i + 1] ?? 0) - (picture[i] ?? 0);
    const down = (picture[i + size.widthPx] ?? 0) - (picture[i] ?? 0);
    sum += across * across + down * down;
  }
  return sum / picture.length;
}
