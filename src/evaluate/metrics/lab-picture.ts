/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { srgbToLinear } from '../../model/color/lab.ts';

/** D65 white of the 2° observer (CIE 15), Y = 1. */
const whiteX = 0.95047;
const whiteZ = 1.08883;
const epsilon = (6 / 29) ** 3;

/** A picture in CIE L*a*b*, D65: three planes of `[pixels]`; L* 0..100, a* and b* about -110..110. */
export interface LabPicture {
  readonly l: Float32Array;
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/**
 * Makes room for a Lab picture. {@link fillLab} can fill it again for each frame.
 * @param pixels - width x height
 * @returns zeroed planes the caller owns
 */
export function createLabPicture(pixels: number): LabPicture {
  return { l: new Float32Array(pixels), a: new Float32Array(pixels), b: new Float32Array(pixels) };
}

/**
 * Converts sRGB to Lab and overwrites `lab`.
 * @param rgb - interleaved sRGB bytes, `[pixels * 3]`; not modified
 * @param lab - planes of `[pixels]`; overwritten
 * @see IEC 61966-2-1 (sRGB), CIE 15 (Lab, D65)
 */
export function fillLab(rgb: Uint8Array, lab: LabPicture): void {
  for (let i = 0, p = 0; i < lab.l.length; i++, p += 3) {
    const r = linear[rgb[p]!]!;
    const g = linear[rgb[p + 1]!]!;
    const b = linear[rgb[p + 2]!]!;
    const fx = labCurve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / whiteX);
    const fy = labCurve(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
    const fz = labCurve((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / whiteZ);
    lab.l[i] = 116 * fy - 16;
    lab.a[i] = 500 * (fx - fy);
    lab.b[i] = 200 * (fy - fz);
  }
}

/**
 * Converts an sRGB picture to Lab.
 * @param rgb - interleaved sRGB bytes, `[pixels * 3]`; not modified
 * @returns a new picture the caller owns
 */
export function labOfRgb(rgb: Uint8Array): LabPicture {
  const lab = createLabPicture(rgb.length / 3);
  fillLab(rgb, lab);
  return lab;
}

/**
 * Chroma of a colour, or the distance of two colours in the ab plane. It does not use `Math.hypot`, which guards
 * against overflow and takes several times as long.
 * @param a - a*, or a difference of two
 * @param b - b*, likewise
 * @returns Lab units
 */
export function chromaOf(a: number, b: number): number {
  return Math.sqrt(a * a + b * b);
}

/**
 * Mean chroma of a picture: the distance from gray in the ab plane.
 * @param a - a* of each pixel; not modified
 * @param b - b* of each pixel; not modified
 * @returns Lab units; 0 for gray
 */
export function meanChroma(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += chromaOf(a[i]!, b[i]!);
  return sum / a.length;
}

const linear = Float64Array.from({ length: 256 }, (_, byte) => srgbToLinear(byte / 255));

function labCurve(t: number): number {
  return t > epsilon ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29;
}
