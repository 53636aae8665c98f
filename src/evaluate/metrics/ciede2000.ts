/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { chromaOf, type LabPicture } from './lab-picture.ts';
import { countPixels, requireMask, type PixelMask } from './pixel-mask.ts';
import { requireEqualLength } from './require.ts';

const degree = Math.PI / 180;
const twentyFiveTo7 = 25 ** 7;

/** One colour in CIE L*a*b*. */
export interface LabColor {
  readonly l: number;
  readonly a: number;
  readonly b: number;
}

/**
 * Colour difference CIEDE2000 with kL = kC = kH = 1.
 * @param first - Lab; the order does not matter
 * @param second - Lab
 * @returns ΔE00, 0 for equal colours, about 1 where the eye begins to see a difference
 * @see Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula: implementation notes,
 *   supplementary test data, and mathematical observations", Color Res. Appl. 30(1), 2005
 */
export function ciede2000(first: LabColor, second: LabColor): number {
  return difference(first.l, first.a, first.b, second.l, second.a, second.b);
}

/**
 * Mean CIEDE2000 of two pictures.
 * @param first - Lab planes; not modified
 * @param second - of the same size
 * @param mask - the pixels that count; default: all
 * @returns mean ΔE00 over the pixels; NaN when the mask is empty
 * @throws {AppError} `USAGE` when the sizes differ
 */
export function meanCiede2000(first: LabPicture, second: LabPicture, mask?: PixelMask): number {
  requireEqualLength('CIEDE2000', first.l, second.l);
  requireMask('CIEDE2000', first.l.length, mask);
  let sum = 0;
  for (let i = 0; i < first.l.length; i++) {
    if (mask !== undefined && mask[i] === 0) continue;
    sum += difference(first.l[i]!, first.a[i]!, first.b[i]!, second.l[i]!, second.a[i]!, second.b[i]!);
  }
  return sum / countPixels(first.l.length, mask);
}

/**
 * Takes numbers, not objects, because it runs once per pixel. The names are those of the paper, equations (2) to (22).
 */
function difference(l1: number, a1: number, b1: number, l2: number, a2: number, b2: number): number {
  const meanC7 = ((chromaOf(a1, b1) + chromaOf(a2, b2)) / 2) ** 7;
  const g = 0.5 * (1 - Math.sqrt(meanC7 / (meanC7 + twentyFiveTo7)));
  const ap1 = (1 + g) * a1;
  const ap2 = (1 + g) * a2;
  const cp1 = chromaOf(ap1, b1);
  const cp2 = chromaOf(ap2, b2);
  const hp1 = hueDegrees(ap1, b1);
  const hp2 = hueDegrees(ap2, b2);
  const hasHue = cp1 * cp2 !== 0;

  let dh = hasHue ? hp2 - hp1 : 0;
  if (dh > 180) dh -= 360;
  else if (dh < -180) dh += 360;
  const dl = l2 - l1;
  const dc = cp2 - cp1;
  const dH = 2 * Math.sqrt(cp1 * cp2) * Math.sin((dh / 2) * degree);

  const meanL = (l1 + l2) / 2;
  const meanCp = (cp1 + cp2) / 2;
  const meanH = hasHue ? meanHueDegrees(hp1, hp2) : hp1 + hp2;
  const t =
    1 -
    0.17 * Math.cos((meanH - 30) * degree) +
    0.24 * Math.cos(2 * meanH * degree) +
    0.32 * Math.cos((3 * meanH + 6) * degree) -
    0.2 * Math.cos((4 * meanH - 63) * degree);
  const meanCp7 = meanCp ** 7;
  const rotation = 2 * Math.sqrt(meanCp7 / (meanCp7 + twentyFiveTo7));
  const dTheta = 30 * Math.exp(-(((meanH - 275) / 25) ** 2));
  const rt = -Math.sin(2 * dTheta * degree) * rotation;

  const l50 = (meanL - 50) ** 2;
  const termL = dl / (1 + (0.015 * l50) / Math.sqrt(20 + l50));
  const termC = dc / (1 + 0.045 * meanCp);
  const termH = dH / (1 + 0.015 * meanCp * t);
  return Math.sqrt(termL * termL + termC * termC + termH * termH + rt * termC * termH);
}

function hueDegrees(ap: number, b: number): number {
  if (ap === 0 && b === 0) return 0;
  const hue = Math.atan2(b, ap) / degree;
  return hue < 0 ? hue + 360 : hue;
}

function meanHueDegrees(h1: number, h2: number): number {
  const sum = h1 + h2;
  if (Math.abs(h1 - h2) <= 180) return sum / 2;
  return sum < 360 ? (sum + 360) / 2 : (sum - 360) / 2;
}
