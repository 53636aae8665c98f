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
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const out = new Uint16Array(floats.length);
  for (let i = 0; i < out.length; i++) out[i] = encodeHalf(bits[i]!);
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

/** Bit patterns of float32 numbers: infinity, the least number that becomes infinity, and 2^-14 and 2^-25. */
const infinity = 0x7f800000;
const leastTooLarge = 0x477ff000;
const leastNormal = 0x38800000;
const leastNotZero = 0x33000000;

/** @param bits - of a float32; integers are ten times as fast here as logarithms */
function encodeHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > infinity) return 0x7e00; // not a number
  if (size >= leastTooLarge) return sign | 0x7c00;
  // The exponents count from 127 and from 15. Rounding up carries into the exponent, as the format requires.
  if (size >= leastNormal) return sign | shiftRounded(size - ((127 - 15) << 23), 13);
  if (size < leastNotZero) return sign;
  // In units of 2^-24, with the leading 1 that float32 leaves out.
  return sign | shiftRounded((size & 0x7fffff) | 0x800000, 126 - (size >>> 23));
}

/** Divides by a power of two and rounds to nearest, ties to even. */
function shiftRounded(value: number, places: number): number {
  const isOdd = (value >>> places) & 1;
  return (value + (1 << (places - 1)) - 1 + isOdd) >>> places;
}
