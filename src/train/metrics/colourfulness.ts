/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { requireLength } from './require.ts';

/**
 * Colourfulness of a picture: with rg = |R - G| and yb = |(R + G)/2 - B|,
 * hypot(std rg, std yb) + 0.3 hypot(mean rg, mean yb).
 *
 * The absolute values are not in the paper; they are in the code that colorization papers since
 * DDColor compare by, so they are here too. Gray scores 0.
 * @param rgb - interleaved sRGB bytes, `[pixels * 3]`; not modified
 * @returns 0 (gray) to some 100 (gaudy)
 * @throws {AppError} `USAGE` when `rgb` is no whole number of pixels
 * @see Hasler, Suesstrunk, "Measuring colourfulness in natural images", SPIE 5007, 2003
 * @see Kang et al., "DDColor", ICCV 2023 (its code's metric)
 */
export function colourfulness(rgb: Uint8Array): number {
  const pixels = Math.max(1, Math.floor(rgb.length / 3));
  requireLength('colourfulness', rgb.length, pixels * 3);
  let sumRg = 0;
  let sumYb = 0;
  let sumRg2 = 0;
  let sumYb2 = 0;
  for (let p = 0; p < rgb.length; p += 3) {
    const rg = Math.abs(rgb[p]! - rgb[p + 1]!);
    const yb = Math.abs((rgb[p]! + rgb[p + 1]!) / 2 - rgb[p + 2]!);
    sumRg += rg;
    sumYb += yb;
    sumRg2 += rg * rg;
    sumYb2 += yb * yb;
  }
  const meanRg = sumRg / pixels;
  const meanYb = sumYb / pixels;
  const variance = sumRg2 / pixels - meanRg ** 2 + (sumYb2 / pixels - meanYb ** 2);
  return Math.sqrt(Math.max(0, variance)) + 0.3 * Math.hypot(meanRg, meanYb);
}
