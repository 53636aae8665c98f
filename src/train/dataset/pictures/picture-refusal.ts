import { meanChroma } from '../../../evaluate/metrics/lab-picture.ts';
import type { PicturePlanes } from './picture-planes.ts';

/** Why a picture is not used for training. */
export const refusalReasons = ['unreadable', 'too small', 'gray', 'one tint', 'near-duplicate'] as const;

export type RefusalReason = (typeof refusalReasons)[number];

/** A picture that is left out, and why. */
export interface PictureRefusal {
  readonly reason: RefusalReason;
  /** what was found, for the user */
  readonly detail: string;
}

/**
 * Least spread of colour among pixels of equal luma, Lab units. In a toned print (sepia, cyanotype) luma decides the
 * colour, except for noise below 2. None of 2,600 colour photos, including seas and glaciers, had less than 2.
 */
const minSpread = 2;
/** Luma codes that count as equal: 256 / 32. */
const lumaBins = 32;

/**
 * Refuses pictures without useful colour.
 * @param minChroma - least mean of hypot(a*, b*)
 * @returns undefined if the picture is useful
 */
export function refuseColorless(picture: PicturePlanes, minChroma: number): PictureRefusal | undefined {
  const chroma = chromaOfPlanes(picture);
  if (chroma < minChroma) return { reason: 'gray', detail: `mean chroma ${chroma.toFixed(1)}` };
  const spread = spreadAtEqualLuma(picture);
  if (spread < minSpread)
    return { reason: 'one tint', detail: `colour follows from luma to ${spread.toFixed(1)} Lab units` };
  return undefined;
}

/** Mean chroma of a picture, Lab units. */
export function chromaOfPlanes({ ab, luma }: PicturePlanes): number {
  return meanChroma(ab.subarray(0, luma.length), ab.subarray(luma.length));
}

/** How far colours are from the mean colour of equally bright pixels: root of the mean square, Lab units. */
function spreadAtEqualLuma({ luma, ab }: PicturePlanes): number {
  const count = luma.length;
  const [pixels, sumA, sumB] = [0, 1, 2].map(() => new Float64Array(lumaBins)) as [Bins, Bins, Bins];
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const bin = ((luma[i] ?? 0) * lumaBins) >> 8;
    const a = ab[i] ?? 0;
    const b = ab[count + i] ?? 0;
    pixels[bin] = (pixels[bin] ?? 0) + 1;
    sumA[bin] = (sumA[bin] ?? 0) + a;
    sumB[bin] = (sumB[bin] ?? 0) + b;
    squares += a * a + b * b;
  }
  let explained = 0;
  for (let bin = 0; bin < lumaBins; bin++) {
    const [n = 0, a = 0, b = 0] = [pixels[bin], sumA[bin], sumB[bin]];
    if (n > 0) explained += (a * a + b * b) / n;
  }
  return Math.sqrt((squares - explained) / count);
}

type Bins = Float64Array;
