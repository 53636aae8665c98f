import type { SizePx } from '../../frame.ts';

/** The background is dark (levels) ... */
const darkestGround = 64;
/** ... and covers this share of the picture within this many levels (grain, vignette) ... */
const groundShare = 0.66;
const groundSpread = 28;
/** ... and nearly all of the margin, which is this share of each side. */
const marginShare = 0.985;
const margin = 0.06;
/** Text is this much brighter than the background, levels. */
const textAbove = 72;
/** Smallest and largest share of the picture that is text. */
const leastText = 0.005;
const mostText = 0.3;
/** Between background and text there are only the edges of letters: at most this multiple of the text. */
const edgesPerText = 1.1;
/** A stroke is at most this share of the picture's height wide ... */
const widestStroke = 0.075;
/** ... except for this share of the text. */
const wideShare = 0.25;
/** A line of text crosses at least this many strokes ... */
const strokesInRow = 6;
/** ... in rows that together make up this share of the height. */
const leastTextRows = 0.035;

/**
 * Detects title cards: bright letters on a dark, nearly flat background.
 * When in doubt the answer is no: a night scene, or a lamp in a dark room, has no flat margin, no thin strokes or no
 * the lines of text. Cards with an ornament in the margin or on a bright background are not found.
 * @param small - full-range Y' 0..255, `[size.heightPx * size.widthPx]`; not modified
 * @param size - about 256 x 144; letters must be at least 5 pixels high
 * @throws {RangeError} when `small` has another length
 */
export function isTitleCard(small: Uint8Array, size: SizePx): boolean {
  const { widthPx: width, heightPx: height } = size;
  const count = width * height;
  if (small.length !== count)
    throw new RangeError(`title card: expected ${count} samples but got ${small.length}`);
  const ground = findGround(small);
  if (ground.center > darkestGround || ground.pixels < groundShare * count) return false;
  const brightFrom = ground.center + textAbove;
  const edgeFrom = ground.center + groundSpread;
  let text = 0;
  let edges = 0;
  for (const level of small)
    if (level >= brightFrom) text++;
    else if (level > edgeFrom) edges++;
  if (text < leastText * count || text > mostText * count || edges > edgesPerText * text) return false;
  const isText = small.map((level) => (level >= brightFrom ? 1 : 0));
  return (
    hasFlatMargin(small, size, edgeFrom) &&
    wideRuns(isText, size, widestStroke * height) <= wideShare * text &&
    textRows(isText, size) >= leastTextRows * height
  );
}

/** The range of levels that contains most of the picture. */
function findGround(small: Uint8Array): { center: number; pixels: number } {
  const counts = new Uint32Array(256);
  for (const level of small) counts[level]!++;
  let pixels = 0;
  let from = 0;
  let inside = 0;
  for (let level = 0; level < 256; level++) {
    inside += counts[level]!;
    if (level >= groundSpread) inside -= counts[level - groundSpread]!;
    if (inside > pixels) {
      pixels = inside;
      from = Math.max(0, level - groundSpread + 1);
    }
  }
  return { center: from + groundSpread / 2, pixels };
}

function hasFlatMargin(
  small: Uint8Array,
  { widthPx: width, heightPx: height }: SizePx,
  edgeFrom: number,
): boolean {
  const side = Math.round(margin * width);
  const top = Math.round(margin * height);
  let all = 0;
  let flat = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (y >= top && y < height - top && x >= side && x < width - side) continue;
      all++;
      if (small[y * width + x]! <= edgeFrom) flat++;
    }
  return flat >= marginShare * all;
}

/** Pixels of text in areas that are wider than a stroke in both directions. */
function wideRuns(isText: Uint8Array, { widthPx: width, heightPx: height }: SizePx, widest: number): number {
  const isWide = new Uint8Array(isText.length);
  for (let y = 0; y < height; y++) addLongRuns(isText, isWide, y * width, 1, width, widest);
  for (let x = 0; x < width; x++) addLongRuns(isText, isWide, x, width, height, widest);
  let both = 0;
  for (const directions of isWide) if (directions === 2) both++;
  return both;
}

function addLongRuns(
  isText: Uint8Array,
  isWide: Uint8Array,
  start: number,
  step: number,
  count: number,
  widest: number,
): void {
  let run = 0;
  for (let i = 0; i <= count; i++) {
    if (i < count && isText[start + i * step]! === 1) {
      run++;
      continue;
    }
    if (run > widest) for (let back = i - run; back < i; back++) isWide[start + back * step]!++;
    run = 0;
  }
}

/** Rows that cross as many strokes as a line of text. */
function textRows(isText: Uint8Array, { widthPx: width, heightPx: height }: SizePx): number {
  let rows = 0;
  for (let y = 0; y < height; y++) {
    let strokes = 0;
    for (let x = 1; x < width; x++) if (isText[y * width + x]! > isText[y * width + x - 1]!) strokes++;
    if (strokes >= strokesInRow) rows++;
  }
  return rows;
}
