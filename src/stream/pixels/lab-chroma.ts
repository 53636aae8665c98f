/**
 * Converts Lab to Cb and Cr for every pixel of every frame. All numbers are rounded to float32 after each step, as in
 * SIMD, so both implementations give the same picture.
 */
import type { YuvMatrix } from '../../frame.ts';
import { labLine, lightnessTable, linearMatrix, srgbCurve } from '../../model/color/lab.ts';
import { lumaWeights } from '../../model/color/ycbcr.ts';

const { fround } = Math;

/** The constants and tables for chroma. */
export interface LabChroma {
  /** In the order of `constantNames`. */
  readonly constants: Float32Array;
  /** f(Y) of CIE Lab for each luma byte. */
  readonly curveOfLuma: Float32Array;
  /** sRGB's curve at `curveSteps` + 2 points. */
  readonly srgb: Float32Array;
}

/**
 * The number of steps in the table of sRGB's curve. Linear interpolation between them is wrong by at most 0.005 of an
 * 8-bit step.
 */
export const curveSteps = 4096;

/** The index of each constant. The kernel uses the same order. */
const at = {
  aGain: 0,
  bGain: 1,
  cubeFrom: 2,
  lineOffset: 3,
  lineGain: 4,
  matrix: 5,
  kr: 14,
  kg: 15,
  kb: 16,
  cbGain: 17,
  crGain: 18,
} as const;

let curveOfLuma: Float32Array | undefined;
let srgb: Float32Array | undefined;

/** @param saturation - multiplies the chroma */
export function labChroma(matrix: YuvMatrix, saturation: number): LabChroma {
  const { kr, kb } = lumaWeights[matrix];
  const { slope, offset, cubeFrom } = labLine;
  const constants = Float32Array.of(
    ...[saturation / 500, saturation / 200, cubeFrom, offset, 1 / slope],
    ...linearMatrix,
    ...[kr, 1 - kr - kb, kb, 1 / (2 * (1 - kb)), 1 / (2 * (1 - kr))],
  );
  curveOfLuma ??= lightnessTable().map((lightness) => (lightness + 16) / 116);
  srgb ??= srgbCurve(curveSteps);
  return { constants, curveOfLuma, srgb };
}

/**
 * Cb and Cr (-0.5..0.5) of a small picture.
 * @param luma - full-range Y' `[h * w]`
 * @param ab - `[2 * h * w]` a*, b*
 * @param cb - `[h * w]`; overwritten, `cr` likewise
 */
export function labToChroma(
  luma: Uint8Array,
  ab: Float32Array,
  { constants, curveOfLuma, srgb }: LabChroma,
  cb: Float32Array,
  cr: Float32Array,
): void {
  const count = luma.length;
  const aGain = constants[at.aGain]!;
  const bGain = constants[at.bGain]!;
  const kr = constants[at.kr]!;
  const kg = constants[at.kg]!;
  const kb = constants[at.kb]!;
  const cbGain = constants[at.cbGain]!;
  const crGain = constants[at.crGain]!;
  for (let i = 0; i < count; i++) {
    const fy = curveOfLuma[luma[i]!]!;
    const x = cubed(constants, fround(fy + fround(ab[i]! * aGain)));
    const y = cubed(constants, fy);
    const z = cubed(constants, fround(fy - fround(ab[count + i]! * bGain)));
    const red = onCurve(srgb, mixed(constants, at.matrix, x, y, z));
    const green = onCurve(srgb, mixed(constants, at.matrix + 3, x, y, z));
    const blue = onCurve(srgb, mixed(constants, at.matrix + 6, x, y, z));
    const luminance = fround(fround(fround(kr * red) + fround(kg * green)) + fround(kb * blue));
    cb[i] = fround(fround(blue - luminance) * cbGain);
    cr[i] = fround(fround(red - luminance) * crGain);
  }
}

/** The inverse of Lab's curve. */
function cubed(constants: Float32Array, f: number): number {
  if (f > constants[at.cubeFrom]!) return fround(fround(f * f) * f);
  return fround(fround(f - constants[at.lineOffset]!) * constants[at.lineGain]!);
}

function mixed(constants: Float32Array, row: number, x: number, y: number, z: number): number {
  const sum = fround(fround(constants[row]! * x) + fround(constants[row + 1]! * y));
  return fround(sum + fround(constants[row + 2]! * z));
}

/** Linear light to display value, interpolated between the table's points. */
function onCurve(curve: Float32Array, value: number): number {
  const place = fround(Math.min(Math.max(value, 0), 1) * curveSteps);
  const index = Math.trunc(place);
  const low = curve[index]!;
  return fround(low + fround(fround(curve[index + 1]! - low) * fround(place - index)));
}
