import type { SizePx } from '../../frame.ts';

/** A privacy mask in shares of the picture (0..1): a rectangle or a polygon (even-odd rule). */
export type Mask =
  | { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  | readonly (readonly [number, number])[];

/** Runs of masked pixels, three numbers each: the row, the first column, and the column after the last. */
export type MaskSpans = Int32Array;

/**
 * Finds the pixels that masks cover at a size. Every pixel that a mask touches is masked, so nothing is visible at its
 * edge.
 * @param masks - the masks of one camera; they may overlap
 */
export function maskSpans(masks: readonly Mask[], size: SizePx): MaskSpans {
  const spans: number[] = [];
  for (const mask of masks) {
    const corners = isPolygon(mask) ? mask : rectangle(mask);
    for (let row = 0; row < size.heightPx; row++) {
      for (const [from, to] of rowRuns(corners, row, size)) spans.push(row, from, to);
    }
  }
  return Int32Array.from(spans);
}

/**
 * Overwrites the masked pixels of a plane.
 * @param plane - `[h * w]`; modified in place
 * @param spans - of that size
 */
export function fillSpans(plane: Uint8Array, widthPx: number, spans: MaskSpans, value: number): void {
  for (let i = 0; i < spans.length; i += 3) {
    plane.fill(value, spans[i]! * widthPx + spans[i + 1]!, spans[i]! * widthPx + spans[i + 2]!);
  }
}

function isPolygon(mask: Mask): mask is readonly (readonly [number, number])[] {
  return Array.isArray(mask);
}

function rectangle(mask: {
  x: number;
  y: number;
  width: number;
  height: number;
}): (readonly [number, number])[] {
  const right = mask.x + mask.width;
  const bottom = mask.y + mask.height;
  return [
    [mask.x, mask.y],
    [right, mask.y],
    [right, bottom],
    [mask.x, bottom],
  ];
}

/**
 * Each row is scanned in this many sub-rows. A slanted edge is found to a quarter of a pixel and then widened by one
 * pixel.
 */
const subRows = 4;

/** The runs of columns that a polygon touches in a row, merged. */
function rowRuns(
  corners: readonly (readonly [number, number])[],
  row: number,
  size: SizePx,
): [number, number][] {
  const runs: [number, number][] = [];
  for (let sub = 0; sub <= subRows; sub++) {
    // Just inside the row at both ends, so an edge on the border counts only for one row.
    const y = (row + Math.min(Math.max(sub / subRows, 1e-6), 1 - 1e-6)) / size.heightPx;
    const crossings = crossingsAt(corners, y).map((x) => x * size.widthPx);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.floor(crossings[i]! + 1e-6));
      const to = Math.min(size.widthPx, Math.ceil(crossings[i + 1]! - 1e-6));
      if (to > from) runs.push([from, to]);
    }
  }
  return merged(runs);
}

function crossingsAt(corners: readonly (readonly [number, number])[], y: number): number[] {
  const found: number[] = [];
  corners.forEach(([x1, y1], i) => {
    const [x2, y2] = corners[(i + 1) % corners.length]!;
    if (y1 > y !== y2 > y) found.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
  });
  return found.sort((a, b) => a - b);
}

function merged(runs: [number, number][]): [number, number][] {
  const out: [number, number][] = [];
  for (const run of runs.sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last && run[0] <= last[1]) last[1] = Math.max(last[1], run[1]);
    else out.push([...run]);
  }
  return out;
}
