/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { requireLength } from './require.ts';

const bins = 256;
const channels = 3;

/**
 * Colour distribution consistency (CDC) of a clip, frame by frame: the Jensen-Shannon divergence (natural logarithm)
 * between the 256-bin histograms of frames t and t + d, averaged over the frames, over R, G, B and over the distances d
 * = 1, 2, 4. It keeps the histograms of four frames.
 *
 * Lower is steadier, but gray scores lowest, so compare it with the values of the gray input and of the truth.
 * @see Liu et al., "Temporally consistent video colorization with deep feature propagation and self-regularization
 *   learning" (TCVC), arXiv 2110.04562, 2021, section 4
 */
export class ColourConsistency {
  readonly #distances: readonly number[];
  readonly #recent: Float64Array[] = [];
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;

  /** @param distances - in frames, at least 1 each; the paper's are 1, 2, 4 */
  constructor(distances: readonly number[] = [1, 2, 4]) {
    this.#distances = distances;
    this.#sums = new Float64Array(distances.length);
    this.#counts = new Float64Array(distances.length);
  }

  /**
   * Takes the clip's next frame.
   * @param rgb - interleaved, `[pixels * 3]`, 0..255; not kept
   * @throws {AppError} `USAGE` if `rgb` is not a whole number of pixels
   */
  add(rgb: Uint8Array): void {
    const histogram = channelHistograms(rgb);
    this.#distances.forEach((distance, d) => {
      const earlier = this.#recent.at(-distance);
      if (earlier === undefined) return;
      this.#sums[d]! += jensenShannon(earlier, histogram) / channels;
      this.#counts[d]! += 1;
    });
    this.#recent.push(histogram);
    if (this.#recent.length > Math.max(...this.#distances)) this.#recent.shift();
  }

  /** CDC over the frames so far; NaN as long as a distance has no pair (fewer than 5 frames for 1, 2, 4). */
  value(): number {
    let sum = 0;
    for (let d = 0; d < this.#sums.length; d++) sum += this.#sums[d]! / this.#counts[d]!;
    return sum / this.#sums.length;
  }
}

/** Histograms of R, G and B one after the other, `[3 * 256]`. Each adds up to 1. */
function channelHistograms(rgb: Uint8Array): Float64Array {
  const pixels = Math.max(1, Math.floor(rgb.length / channels));
  requireLength('CDC', rgb.length, pixels * channels);
  const histogram = new Float64Array(channels * bins);
  const share = 1 / pixels;
  for (let p = 0; p < rgb.length; p += channels) {
    histogram[rgb[p]!]! += share;
    histogram[bins + rgb[p + 1]!]! += share;
    histogram[2 * bins + rgb[p + 2]!]! += share;
  }
  return histogram;
}

/** Sum of the divergence over all bins, and thus over the channels, in nats. */
function jensenShannon(p: Float64Array, q: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const middle = (p[i]! + q[i]!) / 2;
    if (p[i]! > 0) sum += 0.5 * p[i]! * Math.log(p[i]! / middle);
    if (q[i]! > 0) sum += 0.5 * q[i]! * Math.log(q[i]! / middle);
  }
  return sum;
}
