import type { LumaFormat, RectPx } from '../../frame.ts';

/**
 * A sample is black up to this far above the code for black, levels of 8-bit full range: darker than the black of
 * film, but above the noise of bars.
 */
const blackUpTo = 24;
/**
 * A row or column is black if at most this share of it is brighter. Dust and noise stay below it, a burnt-in clock
 * does not.
 */
const brightShare = 0.04;
/** A sample with less light than this share is ignored: otherwise a lamp in the night would crop the film to itself. */
const leastLit = 0.1;
/**
 * A bar narrower than the first share of a side is the edge of the scan; a bar wider than the second would leave no
 * picture.
 */
const leastBar = 0.02;
const greatestBar = 0.4;

/**
 * Finds the rectangle inside black bars (letterbox, pillarbox, or both).
 * A row or column belongs to the picture if any sample shows something there, so that a dark scene does not crop the
 * film. Samples that are dark nearly everywhere are ignored.
 * @param samples - some luma planes from all over the film, `[format.heightPx * format.widthPx]` each; not modified
 * @returns even position and size, luma pixels; the whole picture if there are no bars or all samples are dark. If
 *   the last row or column of a side is odd, it stays in the picture.
 * @throws {RangeError} when a plane has another length
 */
export function activeRect(
  samples: readonly { plane: Uint8Array | Uint16Array }[],
  format: LumaFormat,
): RectPx {
  const { widthPx: width, heightPx: height } = format;
  const isLit = { rows: new Uint8Array(height), columns: new Uint8Array(width) };
  for (const { plane } of samples) {
    if (plane.length !== width * height)
      throw new RangeError(`black bars: expected ${width * height} samples but got ${plane.length}`);
    // More samples can only light more lines, so one or two of them show that a film has no bars.
    if (!reachesEdges(isLit.columns) || !reachesEdges(isLit.rows)) markLit(plane, format, isLit);
  }
  const across = inside(isLit.columns);
  const down = inside(isLit.rows);
  return { x: across.from, width: across.length, y: down.from, height: down.length };
}

/** Marks the rows and columns in which a plane shows more than black. */
function markLit(
  plane: Uint8Array | Uint16Array,
  format: LumaFormat,
  isLit: { rows: Uint8Array; columns: Uint8Array },
): void {
  const { widthPx: width, heightPx: height } = format;
  const limit = blackLimit(format);
  const inRow = new Uint32Array(height);
  const inColumn = new Uint32Array(width);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++)
      if (plane[i]! > limit) {
        inRow[y]!++;
        inColumn[x]!++;
      }
  const lit = inRow.reduce((sum, pixels) => sum + pixels, 0);
  if (lit < leastLit * width * height) return;
  for (let y = 0; y < height; y++) if (inRow[y]! > brightShare * width) isLit.rows[y] = 1;
  for (let x = 0; x < width; x++) if (inColumn[x]! > brightShare * height) isLit.columns[x] = 1;
}

/** The largest code that still counts as black. */
function blackLimit({ bitDepth, range }: LumaFormat): number {
  const unit = 2 ** (bitDepth - 8);
  return range === 'full' ? blackUpTo * unit : (16 + (blackUpTo * 219) / 255) * unit;
}

/** Whether no side has a bar. */
function reachesEdges(isLit: Uint8Array): boolean {
  const first = isLit.indexOf(1);
  return (
    first !== -1 &&
    barOf(first, isLit.length) === 0 &&
    barOf(isLit.length - 1 - isLit.lastIndexOf(1), isLit.length) === 0
  );
}

/** The span from the first to the last lit line; bars that are too narrow or too wide do not count. */
function inside(isLit: Uint8Array): { from: number; length: number } {
  const length = isLit.length;
  const first = isLit.indexOf(1);
  if (first === -1) return { from: 0, length };
  const before = barOf(first, length);
  // Rounded down to even, so that a bar never covers part of the picture and the grid of the chroma planes fits.
  const after = barOf(length - 1 - isLit.lastIndexOf(1), length);
  if (before === undefined || after === undefined) return { from: 0, length };
  return { from: before, length: evenEnd(length - after, length) - before };
}

/** The even width of a bar, 0 if it is too narrow; undefined if it is too wide. */
function barOf(dark: number, length: number): number | undefined {
  if (dark > greatestBar * length) return undefined;
  return dark < leastBar * length ? 0 : dark - (dark % 2);
}

function evenEnd(end: number, length: number): number {
  return end === length ? length : end + (end % 2);
}
