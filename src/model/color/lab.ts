/*
 * Colour science of the network: sRGB as in IEC 61966-2-1, CIE L*a*b* under D65 as in CIE 15, with the rounded
 * constants that the network was trained with (the exact ones differ by less than 1e-3 in L*).
 */

/** X and Z of D65, 2 degree observer (ASTM E308), for Y = 1. */
const whiteX = 0.95047;
const whiteZ = 1.08883;

/** Below this value a line replaces the cube root. */
const epsilon = 0.008856;
const lineSlope = 7.787;
const lineOffset = 16 / 116;
/** Below this value the inverse uses the line instead of the cube. */
const cubeFrom = lineSlope * epsilon + lineOffset;

/**
 * L* of each full-range luma byte: the sRGB curve, then CIE lightness.
 * @returns 256 numbers, 0..100; a new array the caller owns
 */
export function lightnessTable(): Float32Array {
  return Float32Array.from({ length: 256 }, (_, luma) => 116 * labCurve(srgbToLinear(luma / 255)) - 16);
}

/**
 * The sRGB curve: display value to linear light.
 * @param value - 0..1
 * @returns 0..1
 */
export function srgbToLinear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/**
 * The inverse sRGB curve: linear light to display value.
 * @param linear - any; below 0 and above 1 are clipped
 * @returns 0..1
 */
function linearToSrgb(linear: number): number {
  if (linear <= 0) return 0;
  if (linear >= 1) return 1;
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
}

/**
 * sRGB to CIE L*a*b*.
 * @param red - R', 0..1
 * @param green - G', 0..1
 * @param blue - B', 0..1
 * @param out - its first three elements get L* (0..100), a*, b*
 * @see http://www.brucelindbloom.com/index.html?Eqn_RGB_XYZ_Matrix.html (matrix)
 */
export function rgbToLab(red: number, green: number, blue: number, out: Float32Array): void {
  const r = srgbToLinear(red);
  const g = srgbToLinear(green);
  const b = srgbToLinear(blue);
  const fx = labCurve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / whiteX);
  const fy = labCurve(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const fz = labCurve((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / whiteZ);
  out[0] = 116 * fy - 16;
  out[1] = 500 * (fx - fy);
  out[2] = 200 * (fy - fz);
}

/**
 * CIE L*a*b* to linear light of sRGB's primaries, not clipped.
 * @param lightness - L*, 0..100
 * @param a - a*
 * @param b - b*
 * @param out - its first three elements get R, G, B
 */
function labToLinear(lightness: number, a: number, b: number, out: Float32Array): void {
  const fy = (lightness + 16) / 116;
  const x = inverseLabCurve(fy + a / 500);
  const y = inverseLabCurve(fy);
  const z = inverseLabCurve(fy - b / 200);
  for (let i = 0; i < 3; i++) {
    const row = 3 * i;
    out[i] = linearMatrix[row]! * x + linearMatrix[row + 1]! * y + linearMatrix[row + 2]! * z;
  }
}

/**
 * CIE L*a*b* to sRGB, by the formulas; colours outside sRGB are clipped in linear light.
 * @param lightness - L*, 0..100
 * @param a - a*
 * @param b - b*
 * @param out - its first three elements get R', G', B', 0..1
 */
export function labToRgb(lightness: number, a: number, b: number, out: Float32Array): void {
  labToLinear(lightness, a, b, out);
  for (let i = 0; i < 3; i++) out[i] = linearToSrgb(out[i]!);
}

/**
 * sRGB's curve from linear light to display value as a table.
 * @returns `[steps + 2]`, from 0 to 1 in equal steps and 1 once more; a new array the caller owns
 */
export function srgbCurve(steps: number): Float32Array {
  return Float32Array.from({ length: steps + 2 }, (_, i) => linearToSrgb(i / steps));
}

/** Where the inverse of Lab's curve is a line, and which. */
export const labLine = { slope: lineSlope, offset: lineOffset, cubeFrom } as const;

/** What X, Y, Z as shares of white contribute to linear R, G, B: row by row. */
export const linearMatrix: readonly number[] = [
  ...[3.2404542 * whiteX, -1.5371385, -0.4985314 * whiteZ],
  ...[-0.969266 * whiteX, 1.8760108, 0.041556 * whiteZ],
  ...[0.0556434 * whiteX, -0.2040259, 1.0572252 * whiteZ],
];

function labCurve(t: number): number {
  return t > epsilon ? Math.cbrt(t) : lineSlope * t + lineOffset;
}

function inverseLabCurve(f: number): number {
  return f > cubeFrom ? f * f * f : (f - lineOffset) / lineSlope;
}
