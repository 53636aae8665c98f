/** What the scene detector measures on copies of 64 x 36 pixels. */

/** Width and height of the copy. */
const tinyWidth = 64;
const tinyHeight = 36;
const pixels = tinyWidth * tinyHeight;

/** Mean absolute deviation that pictures are scaled to, levels; that of an ordinary scene. */
const usualDeviation = 40;
/** A flatter picture is not amplified further, because that would amplify noise. Levels. */
export const leastDeviation = 14;

/** Size of the blocks for motion matching, pixels of the copy. */
const blockWidth = 8;
const blockHeight = 6;
/** Search range of a block, pixels of the copy: 1/16 of the picture's width, 1/12 of its height. */
const reachX = 4;
const reachY = 3;

const histogramBins = 64;

export interface TinyPicture {
  /** The copy itself, full-range Y', `[36 * 64]`. */
  readonly luma: Uint8Array;
  /** Mean absolute deviation of the luma, levels: 0 for a flat picture. */
  readonly deviation: number;
  /** Luma with mean and contrast removed, around 0, `[36 * 64]`. */
  readonly pattern: Int16Array;
  /** Cumulative shares of the pattern's values from -256 to 255, `[64]`, 0..1. */
  readonly distribution: Float32Array;
}

/**
 * Measures a tiny copy of a frame. Mean and contrast are removed, so neither flicker nor a fade changes the pattern.
 * @param luma - full-range Y', `[36 * 64]`; kept, not modified
 * @throws {RangeError} when it has another length
 */
export function measureTiny(luma: Uint8Array): TinyPicture {
  if (luma.length !== pixels)
    throw new RangeError(`scene detector: expected ${pixels} samples but got ${luma.length}`);
  const { mean, deviation } = spreadOfBytes(luma);
  const gain = usualDeviation / Math.max(deviation, leastDeviation);
  const pattern = new Int16Array(pixels);
  const distribution = new Float32Array(histogramBins);
  for (let i = 0; i < pixels; i++) {
    const value = Math.max(-256, Math.min(255, Math.round((luma[i]! - mean) * gain)));
    pattern[i] = value;
    distribution[(value + 256) >> 3]! += 1 / pixels;
  }
  for (let bin = 1; bin < histogramBins; bin++) distribution[bin]! += distribution[bin - 1]!;
  return { luma, deviation, pattern, distribution };
}

/**
 * Measures how much two pictures differ apart from motion, flicker and contrast. It searches for each block of `b`
 * nearby in `a`, and adds what remains to the distance of the histograms (the area between their cumulative forms).
 * @returns levels: about 0..5 within a shot, 15..50 between shots
 */
export function pictureDistance(a: TinyPicture, b: TinyPicture): number {
  return matchedDifference(a.pattern, b.pattern) + histogramDistance(a.distribution, b.distribution);
}

/** An upper limit of {@link pictureDistance}, which takes a small part of its time: it matches no motion. */
export function mostDistance(a: TinyPicture, b: TinyPicture): number {
  let sum = 0;
  for (let i = 0; i < pixels; i++) sum += Math.abs(b.pattern[i]! - a.pattern[i]!);
  return sum / pixels + histogramDistance(a.distribution, b.distribution);
}

/**
 * Measures how far a change is from a dissolve: the part of it that the picture in the middle does not explain. In a
 * dissolve each picture is a mixture of the first and the last. A moving thing instead leaves one point and immediately
 * appears at another. Measured on the luma itself, because the contrast of a dissolve falls and rises again.
 * @param middle - as many frames after `before` as it is before `after`
 * @returns 0 for an even mixture, about 0.5 for a cut and for motion; 1 if nothing changed
 */
export function bend(before: TinyPicture, middle: TinyPicture, after: TinyPicture): number {
  const across = new Float32Array(pixels);
  const aside = new Float32Array(pixels);
  for (let i = 0; i < pixels; i++) {
    across[i] = after.luma[i]! - before.luma[i]!;
    aside[i] = middle.luma[i]! - (before.luma[i]! + after.luma[i]!) / 2;
  }
  const change = meanDeviation(across);
  return change === 0 ? 1 : meanDeviation(aside) / change;
}

// V8 makes fast code for a loop over one type of array, and slow code if it sees two. So each type has its own loop.

/** The mean of bytes, and their mean absolute deviation from it. */
function spreadOfBytes(values: Uint8Array): { mean: number; deviation: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  let away = 0;
  for (let i = 0; i < values.length; i++) away += Math.abs(values[i]! - mean);
  return { mean, deviation: away / values.length };
}

/** Mean absolute deviation of values from their mean. */
function meanDeviation(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  let away = 0;
  for (let i = 0; i < values.length; i++) away += Math.abs(values[i]! - mean);
  return away / values.length;
}

function matchedDifference(a: Int16Array, b: Int16Array): number {
  let sum = 0;
  for (let y = 0; y < tinyHeight; y += blockHeight)
    for (let x = 0; x < tinyWidth; x += blockWidth) sum += bestMatch(a, b, x, y);
  return sum / pixels;
}

/** The smallest sum of absolute differences between one block of `b` and the areas around it in `a`. */
function bestMatch(a: Int16Array, b: Int16Array, x: number, y: number): number {
  let best = blockDifference(a, b, x, y, 0, Infinity);
  const left = -Math.min(reachX, x);
  const right = Math.min(reachX, tinyWidth - blockWidth - x);
  const up = -Math.min(reachY, y);
  const down = Math.min(reachY, tinyHeight - blockHeight - y);
  for (let dy = up; dy <= down; dy++)
    for (let dx = left; dx <= right; dx++)
      best = Math.min(best, blockDifference(a, b, x, y, dy * tinyWidth + dx, best));
  return best;
}

/** Stops early, with a value of at least `limit`, when a row exceeds it. */
function blockDifference(
  a: Int16Array,
  b: Int16Array,
  x: number,
  y: number,
  shift: number,
  limit: number,
): number {
  let sum = 0;
  for (let row = 0; row < blockHeight && sum < limit; row++) {
    const at = (y + row) * tinyWidth + x;
    for (let i = at; i < at + blockWidth; i++) sum += Math.abs(b[i]! - a[i + shift]!);
  }
  return sum;
}

function histogramDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let bin = 0; bin < histogramBins; bin++) sum += Math.abs(a[bin]! - b[bin]!);
  return sum * 8;
}
