/**
 * Replaces colours by their own luma, Y' = 0.299 R' + 0.587 G' + 0.114 B' (ITU-R BT.601, as JPEG has it: ITU-T T.871),
 * rounded to the nearest level. CSS's `grayscale()` has other weights (BT.709).
 * @param rgba - bytes, changed in place; alpha stays
 */
export function replaceByLuma(rgba: Uint8ClampedArray): void {
  for (let i = 0; i + 3 < rgba.length; i += 4) {
    const sum = 19595 * (rgba[i] ?? 0) + 38470 * (rgba[i + 1] ?? 0) + 7471 * (rgba[i + 2] ?? 0);
    const luma = (sum + 32768) >> 16;
    rgba[i] = luma;
    rgba[i + 1] = luma;
    rgba[i + 2] = luma;
  }
}
