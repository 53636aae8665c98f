/** Converts IEEE 754 binary16 numbers ("half precision"). Node 20 has no typed array for them. */

/**
 * Decodes half-precision numbers exactly, including NaN and infinities.
 * @param halves - bit patterns; not modified
 * @returns as many float32 numbers; a new array the caller owns
 */
export function halvesToFloats(halves: Uint16Array): Float32Array {
  const out = new Float32Array(halves.length);
  const outBits = new Uint32Array(out.buffer);
  for (let i = 0; i < halves.length; i++) {
    const bits = halves[i]!;
    const exponent = bits & 0x7c00;
    // Most numbers only move to the bits of a float32, whose exponent starts at 127 instead of 15.
    if (exponent !== 0 && exponent !== 0x7c00)
      outBits[i] = ((bits & 0x8000) << 16) | (((bits & 0x7fff) << 13) + (112 << 23));
    else out[i] = decodeHalf(bits);
  }
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

/** Decodes a number whose exponent has only zeros or only ones: 0, subnormal numbers, infinity and NaN. */
function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const fraction = bits & 1023;
  if ((bits & 0x7c00) === 0) return sign * fraction * 2 ** -24;
  return fraction === 0 ? sign * Infinity : NaN;
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
