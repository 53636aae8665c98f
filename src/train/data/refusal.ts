import type { PicturePlanes } from './picture-planes.ts';

/** Why a picture is not learnt from. */
export const refusalReasons = ['unreadable', 'too small', 'gray', 'one tint', 'near-duplicate'] as const;

export type RefusalReason = (typeof refusalReasons)[number];

/** A picture that is left out, and why. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** for the user: what was found */
  readonly detail: string;
}

/**
 * How nearly all colours of a picture may point the same way before it counts as toned (sepia, cyanotype):
 * 1 is a single hue.
 */
const oneTint = 0.99;

/**
 * Refuses pictures that have no colour to teach.
 * @param minChroma - least mean of hypot(a*, b*)
 * @returns undefined when the picture is of use
 */
export function refuseColorless(picture: PicturePlanes, minChroma: number): Refusal | undefined {
  const { chroma, agreement } = colorStatistics(picture.ab);
  if (chroma < minChroma) return { reason: 'gray', detail: `mean chroma ${chroma.toFixed(1)}` };
  if (agreement > oneTint) return { reason: 'one tint', detail: `hues agree to ${agreement.toFixed(3)}` };
  return undefined;
}

/**
 * Strength and unity of a picture's colour.
 * @param ab - `[2, h, w]`; not modified
 * @returns mean chroma; and the length of the mean colour vector over the mean length, 0..1 (1: one hue only)
 */
export function colorStatistics(ab: Int8Array): { chroma: number; agreement: number } {
  const count = ab.length / 2;
  let [sum, sumA, sumB] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const a = ab[i] ?? 0;
    const b = ab[count + i] ?? 0;
    sum += Math.sqrt(a * a + b * b);
    sumA += a;
    sumB += b;
  }
  return { chroma: sum / count, agreement: sum === 0 ? 1 : Math.hypot(sumA, sumB) / sum };
}
