/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { countPixels, requireMask, type PixelMask } from './pixel-mask.ts';
import { requireLength } from './require.ts';

/**
 * Colourfulness of a picture: with rg = |R - G| and yb = |(R + G)/2 - B|, hypot(std rg, std yb) + 0.3 hypot(mean rg,
 * mean yb).
 *
 * The absolute values are not in the paper, but in the code that colorization papers have used for comparison since
 * DDColor, so they are here too. Gray scores 0.
 * @param rgb - interleaved sRGB bytes, `[pixels * 3]`; not modified
 * @param mask - the pixels that count; absent: all
 * @returns 0 (gray) to about 100 (gaudy); NaN if the mask is empty
 * @throws {AppError} `USAGE` if `rgb` is not a whole number of pixels
 * @see Hasler, Suesstrunk, "Measuring colourfulness in natural images", SPIE 5007, 2003
 * @see Kang et al., "DDColor", ICCV 2023 (its code's metric)
 */
export function colourfulness(rgb: Uint8Array, mask?: PixelMask): number {
  const pixels = Math.max(1, Math.floor(rgb.length / 3));
  requireLength('colourfulness', rgb.length, pixels * 3);
  requireMask('colourfulness', pixels, mask);
  let sumRg = 0;
  let sumYb = 0;
  let sumRg2 = 0;
  let sumYb2 = 0;
  for (let i = 0, p = 0; i < pixels; i++, p += 3) {
    if (mask !== undefined && mask[i] === 0) continue;
    const rg = Math.abs(rgb[p]! - rgb[p + 1]!);
    const yb = Math.abs((rgb[p]! + rgb[p + 1]!) / 2 - rgb[p + 2]!);
    sumRg += rg;
    sumYb += yb;
    sumRg2 += rg * rg;
    sumYb2 += yb * yb;
  }
  const count = countPixels(pixels, mask);
  const meanRg = sumRg / count;
  const meanYb = sumYb / count;
  const variance = sumRg2 / count - meanRg ** 2 + (sumYb2 / count - meanYb ** 2);
  return Math.sqrt(Math.max(0, variance)) + 0.3 * Math.hypot(meanRg, meanYb);
}
