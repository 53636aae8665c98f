/** Converts IEEE 754 binary16 numbers ("half precision"). Node 20 has no typed array for them. */

/** The value of each of the 65,536 bit patterns; computed on first use. */
let decoded: Float32Array | undefined;

/**
 * Decodes half-precision numbers exactly, including NaN and infinities.
 * @param halves - bit patterns; not modified
 * @returns as many float32 numbers; a new array the caller owns
 */
export function halvesToFloats(halves: Uint16Array): Float32Array {
  const values = (decoded ??= decodeTable());
  const out = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) out[i] = values[halves[i]!]!;
  return out;
}

/**
 * Encodes numbers in half precision, rounding to nearest, ties to even. Numbers that are too large become infinity.
 * @param floats - not modified
 * @returns as many bit patterns; a new array the caller owns
 */
export function floatsToHalves(floats: Float32Array): Uint16Array {
  const out = new Uint16Array(floats.length);
  for (let i = 0; i < floats.length; i++) out[i] = encodeHalf(floats[i]!);
  return out;
}

function decodeTable(): Float32Array {
  const values = new Float32Array(0x10000);
  for (let bits = 0; bits < values.length; bits++) values[bits] = decodeHalf(bits);
  return values;
}

function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function encodeHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  // In units of the last place. Rounding up beyond 1023 carries into the exponent, as the format requires.
  const units = roundHalfToEven(size * 2 ** (10 - exponent));
  return sign | (units < 1024 ? units : ((exponent + 15) << 10) + (units - 1024));
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
