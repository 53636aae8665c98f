import type { SizePx } from '../../../frame.ts';
import {
  blockPx,
  coarseReachPx,
  confidenceTable,
  estimateMotion,
  mostGrain,
  windowArea,
  type MotionArrays,
} from '../motion.ts';
import type { Workspace } from './workspace.ts';

/** The columns and rows that `padPicture` adds on each side of a picture. */
const padPx = 32;
/** Smaller pictures are handled in TypeScript, because their third level would be almost empty. */
const leastSidePx = 32;
/** A vector is two i16, a bin of a histogram four u32. */
const vectorBytes = 4;
const histogramBytes = 4 * 4 * 512;

/** A picture at one level of the search. */
interface Level {
  readonly columns: number;
  readonly rows: number;
  readonly earlier: number;
  readonly later: number;
}

interface Vectors {
  readonly pointer: number;
  readonly across: number;
  readonly down: number;
}

/**
 * Does `estimateMotion` into existing arrays.
 * @returns the share of pixels with a confidence under 0.5
 */
export function motionInto(
  work: Workspace,
  earlier: Uint8Array,
  later: Uint8Array,
  size: SizePx,
  stillLevels: number,
  out: MotionArrays,
): number {
  const { widthPx: columns, heightPx: rows } = size;
  if (Math.min(columns, rows) < leastSidePx) {
    const motion = estimateMotion(earlier, later, size, stillLevels);
    out.source.set(motion.source);
    out.confidence.set(motion.confidence);
    return motion.uncovered;
  }
  work.begin();
  const { kernels } = work;
  const count = columns * rows;
  const bins = work.scratch(histogramBytes);
  const before = work.input(earlier);
  const lit = work.input(later);
  const flicker = kernels.medianDifference(before, lit, count, bins);
  let after = lit;
  if (flicker !== 0) {
    after = work.scratch(count);
    kernels.darken(lit, count, flicker, after);
  }
  const source = work.output(out.source);
  findSources(work, { columns, rows, earlier: before, later: after }, stillLevels, source);

  const change = work.scratch(2 * count);
  kernels.changeFrom(before, after, source, count, change);
  kernels.distanceTo(kernels.median(change, count, bins), change, count);
  const grain = Math.min(kernels.median(change, count, bins), mostGrain);
  const table = work.input(confidenceTable(grain));
  const line = work.scratch(2 * (columns + 32));
  const unsure = kernels.confide(change, columns, rows, table, line, work.output(out.confidence));
  work.finish();
  return unsure / count;
}

/** Where each pixel was. */
function findSources(work: Workspace, level: Level, stillLevels: number, source: number): void {
  const { kernels } = work;
  const half = halved(work, level);
  const quarter = halved(work, half);
  const stillDifference = Math.ceil(stillLevels * windowArea);
  const coarse = search(work, quarter, coarseReachPx, stillDifference, undefined);
  const middle = search(work, half, 1, stillDifference, coarse.vectors);
  const fine = search(work, level, 1, stillDifference, middle.vectors);
  const { columns, rows } = level;
  if (fine.isMoving) {
    const { earlier, later } = fine.padded;
    kernels.pickVectors(earlier, later, columns, rows, fine.vectors.pointer, source);
  } else {
    kernels.standStill(columns * rows, source);
  }
}

function halved(work: Workspace, { columns, rows, earlier, later }: Level): Level {
  const half = { columns: columns >> 1, rows: rows >> 1 };
  const halve = (picture: number): number => {
    const out = work.scratch(half.columns * half.rows);
    work.kernels.halvePicture(picture, columns, rows, out);
    return out;
  };
  return { ...half, earlier: halve(earlier), later: halve(later) };
}

function search(
  work: Workspace,
  level: Level,
  reach: number,
  stillDifference: number,
  coarser: Vectors | undefined,
): { vectors: Vectors; padded: Level; isMoving: boolean } {
  const { columns, rows } = level;
  const pad = (picture: number): number => {
    const out = work.scratch((columns + 2 * padPx) * (rows + 2 * padPx));
    work.kernels.padPicture(picture, columns, rows, out);
    return out;
  };
  const padded = { ...level, earlier: pad(level.earlier), later: pad(level.later) };
  const across = Math.ceil(columns / blockPx);
  const down = Math.ceil(rows / blockPx);
  const vectors = { pointer: work.scratch(vectorBytes * across * down), across, down };
  const moving = work.kernels.searchLevel(
    padded.earlier,
    padded.later,
    columns,
    rows,
    reach,
    stillDifference,
    coarser?.pointer ?? 0,
    coarser?.across ?? 0,
    coarser?.down ?? 0,
    vectors.pointer,
  );
  return { vectors, padded, isMoving: moving !== 0 };
}
