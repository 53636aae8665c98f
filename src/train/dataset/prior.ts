import { z } from 'zod';
import type { SizePx } from '../../frame.ts';

/** Side of a colour cell, Lab units. The cells' centres are its multiples. */
const cellLab = 10;
/** Colour is counted at this fraction of the resolution, as the network sees it. */
const stride = 4;
/** Cells reach from -range to range in both directions, further than sRGB. */
const range = 13;
const side = 2 * range + 1;

export const priorSchema = z.strictObject({
  cellLab: z.literal(cellLab),
  stride: z.literal(stride),
  /** a*, b* of the cell's centre, and how many points of the training part lie in it; most first */
  cells: z.array(z.tuple([z.int(), z.int(), z.int().min(1)])),
});

/** Counts how often each colour occurs, which class rebalancing needs. */
export type Prior = z.infer<typeof priorSchema>;

/** Counts colours, cell by cell. */
export class ColorCounter {
  readonly #counts = new Float64Array(side * side);

  /**
   * Counts the means of each 4 x 4 pixels of a picture.
   * @param ab - `[2, h, w]`; not modified
   */
  add(ab: Int8Array, { widthPx, heightPx }: SizePx): void {
    const pixels = widthPx * heightPx;
    for (let y = 0; y < heightPx; y += stride) {
      for (let x = 0; x < widthPx; x += stride) {
        const at = y * widthPx + x;
        const a = cellOf(blockSum(ab, at, widthPx));
        const b = cellOf(blockSum(ab, pixels + at, widthPx));
        const cell = (a + range) * side + b + range;
        this.#counts[cell] = (this.#counts[cell] ?? 0) + 1;
      }
    }
  }

  /** Adds the result of another counter. */
  addPrior({ cells }: Prior): void {
    for (const [a, b, count] of cells) {
      const cell = (a / cellLab + range) * side + b / cellLab + range;
      this.#counts[cell] = (this.#counts[cell] ?? 0) + count;
    }
  }

  /** The cells that occur, the most frequent first. */
  prior(): Prior {
    const cells = [...this.#counts].flatMap((count, cell): [number, number, number][] => {
      const a = (Math.floor(cell / side) - range) * cellLab;
      const b = ((cell % side) - range) * cellLab;
      return count === 0 ? [] : [[a, b, count]];
    });
    return { cellLab, stride, cells: cells.sort((one, other) => other[2] - one[2]) };
  }
}

function blockSum(plane: Int8Array, at: number, width: number): number {
  let sum = 0;
  for (let y = 0; y < stride; y++) {
    for (let x = 0; x < stride; x++) sum += plane[at + y * width + x] ?? 0;
  }
  return sum;
}

/** Which cell a block's mean lies in; adding 0 turns -0 into 0, which JSON would otherwise keep apart. */
function cellOf(sum: number): number {
  return Math.round(sum / (stride * stride * cellLab)) + 0;
}
