/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import type { SizePx } from '../../frame.ts';
import { labOfRgb } from '../metrics/lab-picture.ts';
import { canHaveSsim, lumaOfRgb, ssimRgb } from '../metrics/ssim.ts';
import {
  eachVersion,
  finite,
  withDistances,
  type Figures,
  type PhotoFigure,
  type Versions,
} from '../figures.ts';
import { PixelMeter } from '../pixel-meter.ts';

/**
 * Measures the three versions of a photo.
 * @param versions - interleaved RGB, `[pixels * 3]`, 0..255, of one size; not modified
 * @throws {AppError} USAGE when the sizes differ
 */
export function measurePhoto(versions: Versions<Uint8Array>, size: SizePx): Versions<Figures<PhotoFigure>> {
  const truth = { rgb: versions.truth, lab: labOfRgb(versions.truth) };
  const ssim = (rgb: Uint8Array): number | null =>
    rgb === truth.rgb ? 1 : finite(ssimRgb(rgb, truth.rgb, size));
  return withDistances(
    eachVersion((name) => {
      const rgb = versions[name];
      const meter = new PixelMeter();
      meter.add(rgb === truth.rgb ? truth : { rgb, lab: labOfRgb(rgb) }, truth);
      return { ...meter.value(), ssim: canHaveSsim(size) ? ssim(rgb) : null };
    }),
  );
}

/**
 * The luma of a photo: BT.601 as in JPEG, rounded. It makes the photo gray.
 * @param rgb - interleaved, `[pixels * 3]`, 0..255; not modified
 * @returns `[pixels]`, 0..255; a new array the caller owns
 */
export function grayLuma(rgb: Uint8Array): Uint8Array {
  return Uint8Array.from(lumaOfRgb(rgb).map(Math.round));
}

/** Greatest difference of two luma planes of one size, 8-bit steps. */
export function greatestDifference(a: Uint8Array, b: Uint8Array): number {
  let greatest = 0;
  for (let i = 0; i < a.length; i++) greatest = Math.max(greatest, Math.abs(a[i]! - b[i]!));
  return greatest;
}

/**
 * A gray picture as R'G'B'.
 * @param luma - `[pixels]`; not modified
 * @returns interleaved, `[pixels * 3]`; a new array the caller owns
 */
export function rgbOfGray(luma: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(3 * luma.length);
  for (let i = 0, p = 0; i < luma.length; i++, p += 3) rgb.fill(luma[i]!, p, p + 3);
  return rgb;
}
