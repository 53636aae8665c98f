/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */

/** Zhang et al. 2016: five nearest bins, a Gaussian of 5 Lab units. */
const nearest = 5;
const spread = 5;
/** a*, b* are whole numbers from -128 to 127 in the table. */
const sides = 256;

/**
 * Soft codes of colours: the share of each of the nearest bins in an a*, b*, looked up in a table.
 * @see Zhang, Isola, Efros, "Colorful Image Colorization", ECCV 2016, section 2.2
 */
export class ColourCodes {
  readonly classes: number;
  /** `[256 * 256 * 5]` nearest bins first */
  readonly #bins = new Uint16Array(sides * sides * nearest);
  /** of the same length: their shares, which add up to 1 */
  readonly #shares = new Float32Array(sides * sides * nearest);
  readonly #count: number;

  /**
   * @param bins - a*, b* of each class, `[classes, 2]`
   * @param kind - `hard` uses only the nearest bin
   */
  constructor(bins: Float32Array, kind: 'soft' | 'hard' = 'soft') {
    this.classes = bins.length / 2;
    this.#count = kind === 'hard' ? 1 : Math.min(nearest, this.classes);
    for (let entry = 0; entry < sides * sides; entry++) this.#fill(entry, bins);
  }

  /**
   * Writes the codes of some colours.
   * @param ab - `[n, 2, cells]` whole numbers -128..127
   * @param count - n
   * @param codes - `[n, cells, classes]`: overwritten
   */
  encode(ab: Int8Array, count: number, codes: Float32Array): void {
    const cells = ab.length / count / 2;
    codes.fill(0);
    for (let picture = 0; picture < count; picture++) {
      for (let i = 0; i < cells; i++) {
        const from = entryOf(ab, picture, cells, i) * nearest;
        const to = (picture * cells + i) * this.classes;
        for (let k = 0; k < this.#count; k++) codes[to + this.#bins[from + k]!] = this.#shares[from + k]!;
      }
    }
  }

  /**
   * The bin nearest to each colour.
   * @param ab - as for `encode`
   * @returns `[n, cells]`; a new array the caller owns
   */
  nearestBins(ab: Int8Array, count: number): Uint16Array {
    const cells = ab.length / count / 2;
    return Uint16Array.from({ length: count * cells }, (_, at) => {
      const entry = entryOf(ab, Math.floor(at / cells), cells, at % cells);
      return this.#bins[entry * nearest]!;
    });
  }

  /** Adds `amount` of one colour to a histogram over the bins, by its soft code. */
  addTo(histogram: Float64Array, [a, b]: readonly [number, number], amount: number): void {
    const from = tableEntry(clampByte(a), clampByte(b)) * nearest;
    for (let k = 0; k < this.#count; k++) {
      histogram[this.#bins[from + k]!]! += amount * this.#shares[from + k]!;
    }
  }

  #fill(entry: number, bins: Float32Array): void {
    const a = Math.floor(entry / sides) - sides / 2;
    const b = (entry % sides) - sides / 2;
    const at = entry * nearest;
    const best: { bin: number; distance: number }[] = [];
    for (let bin = 0; bin < this.classes; bin++) {
      const distance = (bins[2 * bin]! - a) ** 2 + (bins[2 * bin + 1]! - b) ** 2;
      if (best.length === this.#count && distance >= best[this.#count - 1]!.distance) continue;
      if (best.length === this.#count) best.pop();
      const position = best.findIndex((other) => other.distance > distance);
      best.splice(position < 0 ? best.length : position, 0, { bin, distance });
    }
    // The nearest distance is subtracted, because far outside the bins every share would round to 0.
    const shares = best.map(({ distance }) => Math.exp((best[0]!.distance - distance) / (2 * spread ** 2)));
    const sum = shares.reduce((total, share) => total + share, 0);
    best.forEach(({ bin }, k) => {
      this.#bins[at + k] = bin;
      this.#shares[at + k] = shares[k]! / sum;
    });
  }
}

/**
 * Class weights that raise rare colours: `((1 - lambda) p + lambda / classes)^-1`, with mean 1 under p. A bin that
 * never occurs, whose weight would be infinite with a lambda of 0, weighs as much as the rarest.
 * @param prior - how often each bin occurs, any scale
 * @param lambda - 1 gives all classes the same weight, 0 rebalances fully; the paper uses 0.5
 * @see Zhang et al. 2016, equation 4
 */
export function classWeights(prior: Float64Array, lambda: number): Float32Array {
  const total = prior.reduce((sum, value) => sum + value, 0);
  const shares = prior.map((value) => value / total);
  const mixed = shares.map((share) => (1 - lambda) * share + lambda / prior.length);
  const least = mixed.reduce((min, value) => (value > 0 ? Math.min(min, value) : min), Infinity);
  const raw = mixed.map((value) => 1 / Math.max(value, least));
  const mean = raw.reduce((sum, weight, bin) => sum + weight * shares[bin]!, 0);
  return Float32Array.from(raw, (weight) => weight / mean);
}

function entryOf(ab: Int8Array, picture: number, cells: number, i: number): number {
  const at = picture * 2 * cells + i;
  return tableEntry(ab[at]!, ab[at + cells]!);
}

function tableEntry(a: number, b: number): number {
  return (a + sides / 2) * sides + b + sides / 2;
}

function clampByte(value: number): number {
  return Math.min(Math.max(Math.round(value), -sides / 2), sides / 2 - 1);
}
