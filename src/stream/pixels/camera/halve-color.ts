import type { SizePx } from '../../../frame.ts';
import type { ColorState } from '../steady.ts';

/** Pixels without colour count this much, so that a mean is always defined. */
export const leastColorWeight = Math.fround(1e-4);

/**
 * Colour at half the size: means of 2 x 2, weighted by their confidence.
 * @param size - of `from`, both sides even
 * @param out - overwritten
 */
export function halveColor(from: ColorState, size: SizePx, out: ColorState): void {
  const { fround } = Math;
  const { ab, weight } = from;
  const [count, full] = [out.weight.length, weight.length];
  const columns = size.widthPx >> 1;
  for (let i = 0; i < count; i++) {
    const row = (i / columns) | 0;
    const ul = 2 * (row * size.widthPx + (i - row * columns));
    const ll = ul + size.widthPx;
    const w1 = fround(weight[ul]! + leastColorWeight);
    const w2 = fround(weight[ul + 1]! + leastColorWeight);
    const w3 = fround(weight[ll]! + leastColorWeight);
    const w4 = fround(weight[ll + 1]! + leastColorWeight);
    const total = fround(fround(fround(w1 + w2) + w3) + w4);
    for (let plane = 0; plane < 2; plane++) {
      const at = plane * full;
      const upper = fround(fround(w1 * ab[at + ul]!) + fround(w2 * ab[at + ul + 1]!));
      const three = fround(upper + fround(w3 * ab[at + ll]!));
      out.ab[plane * count + i] = fround(three + fround(w4 * ab[at + ll + 1]!)) / total;
    }
    out.weight[i] = total * 0.25;
  }
}
