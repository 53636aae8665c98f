import {
  bytesPerSample,
  chromaSize,
  type ChromaFormat,
  type LumaFormat,
  type RectPx,
  type SizePx,
  type YuvMatrix,
} from '../../frame.ts';
import { fitChroma, type ChromaModel } from './guided.ts';
import { labChroma, labToChroma } from './lab-chroma.ts';
import { toFullRange, type LumaPlane } from './shrink.ts';
import { linearTaps, type LinearTaps } from './linear-taps.ts';

const { fround } = Math;

/** A whole output frame in memory: the Y, Cb and Cr planes one after the other, without padding. */
export interface FrameLayout extends LumaFormat {
  readonly chroma: ChromaFormat;
  /** Fields are separate pictures: chroma rows of a field are made from that field's luma rows. */
  readonly interlaced: boolean;
}

/** The three planes of a frame, as views of its buffer. */
export interface FramePlanes {
  readonly y: LumaPlane;
  readonly cb: LumaPlane;
  readonly cr: LumaPlane;
}

/** The number of bytes of a whole frame. */
export function frameBytes(layout: FrameLayout): number {
  const chroma = chromaSize(layout, layout.chroma);
  const samples = layout.widthPx * layout.heightPx + 2 * chroma.widthPx * chroma.heightPx;
  return samples * bytesPerSample(layout.bitDepth);
}

/** Views of the planes of a frame's buffer. @param at - the frame's first byte, even */
export function framePlanes(buffer: ArrayBufferLike, layout: FrameLayout, at = 0): FramePlanes {
  const chroma = chromaSize(layout, layout.chroma);
  const lumaSamples = layout.widthPx * layout.heightPx;
  const chromaSamples = chroma.widthPx * chroma.heightPx;
  const plane = (offset: number, length: number): LumaPlane =>
    bytesPerSample(layout.bitDepth) === 1
      ? new Uint8Array(buffer, at + offset, length)
      : new Uint16Array(buffer, at + offset * 2, length);
  return {
    y: plane(0, lumaSamples),
    cb: plane(lumaSamples, chromaSamples),
    cr: plane(lumaSamples + chromaSamples, chromaSamples),
  };
}

/** The small picture with its colour. */
export interface ComposeJob {
  /** Full-range Y', `[h * w]` */
  readonly small: Uint8Array;
  /** `[2 * h * w]` a*, b* */
  readonly ab: Float32Array;
  /** `[h * w]` the confidence of each pixel's colour */
  readonly weight: Float32Array;
  readonly size: SizePx;
  /** The radius of the window in which chroma is fitted to luma, small pixels; see `windowRadius` */
  readonly radiusPx: number;
  /** Multiplies the chroma: 0 = gray, 1 = the network's colour */
  readonly saturation: number;
}

/** A frame whose chroma will be filled. */
export interface ChromaTarget {
  /** Y is read, Cb and Cr are written. */
  readonly planes: FramePlanes;
  readonly layout: FrameLayout;
  /** The part with the picture; outside it chroma stays neutral. */
  readonly rect: RectPx;
}

/**
 * Fills the chroma planes of frames of any size from one small picture's colour. It converts Lab to Cb and Cr, fits a
 * linear function of luma in each window, and applies it to the full-size luma.
 */
export function composeFrames(targets: readonly ChromaTarget[], job: ComposeJob, matrix: YuvMatrix): void {
  const model = chromaModel(job, matrix);
  for (const { planes, layout, rect } of targets) composeChroma(planes, layout, rect, model, job.size);
}

/** Cb and Cr of the small picture as functions of luma. */
function chromaModel(job: ComposeJob, matrix: YuvMatrix): ChromaModel {
  const cb = new Float32Array(job.small.length);
  const cr = new Float32Array(job.small.length);
  labToChroma(job.small, job.ab, labChroma(matrix, job.saturation), cb, cr);
  return fitChroma(job.small, cb, cr, job.weight, job.size, job.radiusPx);
}

/**
 * Fills the chroma planes of a frame from its full-size luma and the small chroma model. Luma is only read.
 * @param rect - the part with the picture; outside it chroma stays neutral
 * @param size - of the model, pixels; its grid covers `rect`
 */
export function composeChroma(
  planes: FramePlanes,
  layout: FrameLayout,
  rect: RectPx,
  model: ChromaModel,
  size: SizePx,
): void {
  const { grid, scaling } = prepareChroma(planes, layout, rect, size);
  const { columns, rows, across, down } = grid;
  const luma = new Float32Array(columns);
  const pair = new ModelRows(model, size, across, scaling);
  for (let r = 0; r < rows; r++) {
    const { upper, lower } = pair.around(down.low[r]!);
    const part = down.part[r]!;
    const base = (grid.top + r) * grid.chroma.widthPx + grid.left;
    sumLuma(planes.y, layout, grid, r, luma);
    writeChromaRow(planes.cb, base, luma, upper.cb, lower.cb, part, scaling);
    writeChromaRow(planes.cr, base, luma, upper.cr, lower.cr, part, scaling);
  }
}

/** Prepares what both implementations need, and makes the chroma outside the picture neutral. */
export function prepareChroma(
  planes: FramePlanes,
  layout: FrameLayout,
  rect: RectPx,
  size: SizePx,
): { readonly grid: ChromaGrid; readonly scaling: ChromaScaling } {
  const grid = chromaGrid(layout, rect, size);
  const scaling = chromaScaling(layout, grid);
  if (!grid.isWhole) {
    planes.cb.fill(scaling.neutral);
    planes.cr.fill(scaling.neutral);
  }
  return { grid, scaling };
}

/** The chroma samples of a picture, and their positions in the small model. */
export interface ChromaGrid {
  /** Luma samples per chroma sample, across and down: 1 or 2. */
  readonly stepX: number;
  readonly stepY: number;
  /** Of the frame's chroma planes. */
  readonly chroma: SizePx;
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  /** The picture fills the planes. */
  readonly isWhole: boolean;
  readonly across: LinearTaps;
  readonly down: LinearTaps;
}

/** @param size - of the model */
function chromaGrid(layout: FrameLayout, rect: RectPx, size: SizePx): ChromaGrid {
  const stepX = layout.chroma === '444' ? 1 : 2;
  const stepY = layout.chroma === '420' ? 2 : 1;
  const chroma = chromaSize(layout, layout.chroma);
  const left = Math.ceil(rect.x / stepX);
  const top = Math.ceil(rect.y / stepY);
  const columns = Math.max(0, Math.min(Math.ceil((rect.x + rect.width) / stepX), chroma.widthPx) - left);
  const rows =
    columns && Math.max(0, Math.min(Math.ceil((rect.y + rect.height) / stepY), chroma.heightPx) - top);
  return {
    stepX,
    stepY,
    chroma,
    left,
    top,
    columns,
    rows,
    isWhole: columns === chroma.widthPx && rows === chroma.heightPx,
    // 4:2:0 and 4:2:2 are sited on the left luma sample of a pair (MPEG-2, H.264): a quarter chroma pixel left.
    across: linearTaps(size.widthPx, columns, stepX === 2 ? -0.25 : 0),
    down: linearTaps(size.heightPx, rows),
  };
}

/** How sums of luma codes become chroma codes. */
export interface ChromaScaling {
  readonly neutral: number;
  /** The smallest and the largest code. */
  readonly least: number;
  readonly most: number;
  /** `code = slope * slopeGain * sum + (slope * lumaOffset + base) * scale + centre`, clipped; float32 */
  readonly slopeGain: number;
  readonly lumaOffset: number;
  readonly scale: number;
  readonly centre: number;
}

function chromaScaling(layout: FrameLayout, { stepX }: Pick<ChromaGrid, 'stepX'>): ChromaScaling {
  const neutral = 2 ** (layout.bitDepth - 1);
  const unit = 2 ** (layout.bitDepth - 8);
  const isFull = layout.range === 'full';
  const top = 2 ** layout.bitDepth - 1;
  const scale = isFull ? top : 224 * unit;
  const luma = toFullRange(layout);
  return {
    neutral,
    least: isFull ? 0 : 16 * unit,
    most: isFull ? top : 240 * unit,
    slopeGain: fround((luma.scale / 255 / (2 * stepX)) * scale),
    lumaOffset: fround(luma.offset / 255),
    scale: fround(scale),
    centre: fround(neutral + 0.5),
  };
}

/** Two rows of the model, as wide as the frame's chroma and in its codes. */
class ModelRows {
  readonly #model: ChromaModel;
  readonly #size: SizePx;
  readonly #across: LinearTaps;
  readonly #scaling: ChromaScaling;
  #upper: WideRow;
  #lower: WideRow;

  constructor(model: ChromaModel, size: SizePx, across: LinearTaps, scaling: ChromaScaling) {
    this.#model = model;
    this.#size = size;
    this.#across = across;
    this.#scaling = scaling;
    this.#upper = wideRow(across.low.length);
    this.#lower = wideRow(across.low.length);
  }

  /** The rows `low` and `low + 1` of the model. After the last row, the last row is used again. */
  around(low: number): { upper: WideRow; lower: WideRow } {
    if (this.#lower.row === low) [this.#upper, this.#lower] = [this.#lower, this.#upper];
    this.#fill(this.#upper, low);
    this.#fill(this.#lower, Math.min(low + 1, this.#size.heightPx - 1));
    return { upper: this.#upper, lower: this.#lower };
  }

  #fill(wide: WideRow, row: number): void {
    if (wide.row === row) return;
    const { cbSlope, cbBase, crSlope, crBase } = this.#model;
    widenRow(cbSlope, cbBase, row, this.#size.widthPx, this.#across, this.#scaling, wide.cb);
    widenRow(crSlope, crBase, row, this.#size.widthPx, this.#across, this.#scaling, wide.cr);
    wide.row = row;
  }
}

interface WideLine {
  readonly slope: Float32Array;
  readonly base: Float32Array;
}

interface WideRow {
  /** Of the model; -1: none yet */
  row: number;
  readonly cb: WideLine;
  readonly cr: WideLine;
}

function wideRow(columns: number): WideRow {
  const line = (): WideLine => ({ slope: new Float32Array(columns), base: new Float32Array(columns) });
  return { row: -1, cb: line(), cr: line() };
}

/** One row of a plane's model: converted to codes, then interpolated to every column. */
function widenRow(
  slopes: Float32Array,
  bases: Float32Array,
  row: number,
  width: number,
  across: LinearTaps,
  scaling: ChromaScaling,
  out: WideLine,
): void {
  const { slopeGain, lumaOffset, scale, centre } = scaling;
  const { low, part } = across;
  const first = row * width;
  const end = first + width - 1;
  for (let x = 0; x < low.length; x++) {
    const left = first + low[x]!;
    const right = Math.min(left + 1, end);
    const share = part[x]!;
    const slope = fround(slopes[left]! * slopeGain);
    const base = inCodes(slopes[left]!, bases[left]!, lumaOffset, scale, centre);
    const nextSlope = fround(slopes[right]! * slopeGain);
    const nextBase = inCodes(slopes[right]!, bases[right]!, lumaOffset, scale, centre);
    out.slope[x] = fround(slope + fround(fround(nextSlope - slope) * share));
    out.base[x] = fround(base + fround(fround(nextBase - base) * share));
  }
}

function inCodes(slope: number, base: number, lumaOffset: number, scale: number, centre: number): number {
  return fround(fround(fround(base + fround(slope * lumaOffset)) * scale) + centre);
}

/** The first samples of the luma rows that belong to a chroma row. */
export function lumaRowsOf(layout: FrameLayout, stepY: number, chromaRow: number): { a: number; b: number } {
  const lastRow = layout.heightPx - 1;
  // Interlaced 4:2:0: chroma row 2k+f belongs to field f, whose luma rows are 4k+f and 4k+2+f.
  const first =
    stepY === 1 ? chromaRow : layout.interlaced ? 4 * (chromaRow >> 1) + (chromaRow & 1) : 2 * chromaRow;
  const second = stepY === 1 ? first : layout.interlaced ? first + 2 : first + 1;
  return { a: Math.min(first, lastRow) * layout.widthPx, b: Math.min(second, lastRow) * layout.widthPx };
}

/** The sums of the four luma samples (4:4:4: twice the one sample) that belong to each chroma sample of a row. */
function sumLuma(y: LumaPlane, layout: FrameLayout, grid: ChromaGrid, row: number, out: Float32Array): void {
  const { stepX, left, columns } = grid;
  const { a, b } = lumaRowsOf(layout, grid.stepY, grid.top + row);
  if (stepX === 1) {
    for (let x = 0; x < columns; x++) out[x] = y[a + left + x]! + y[b + left + x]!;
    return;
  }
  const whole = wholePairs(layout, grid);
  let i = a + 2 * left;
  let j = b + 2 * left;
  for (let x = 0; x < whole; x++, i += 2, j += 2) out[x] = y[i]! + y[i + 1]! + y[j]! + y[j + 1]!;
  // The last column of an odd width has one sample.
  const edge = layout.widthPx - 1;
  for (let x = whole; x < columns; x++) out[x] = 2 * (y[a + edge]! + y[b + edge]!);
}

/** The columns of a row that belong to two luma samples each. */
export function wholePairs(layout: FrameLayout, { columns, left }: ChromaGrid): number {
  return Math.min(columns, (layout.widthPx >> 1) - left);
}

/**
 * One row of one chroma plane: slope * luma + base, both interpolated between the model's rows, rounded and clipped.
 */
function writeChromaRow(
  plane: LumaPlane,
  start: number,
  luma: Float32Array,
  upper: WideLine,
  lower: WideLine,
  part: number,
  { least, most }: ChromaScaling,
): void {
  for (let x = 0; x < luma.length; x++) {
    const slope = between(upper.slope[x]!, lower.slope[x]!, part);
    const base = between(upper.base[x]!, lower.base[x]!, part);
    const value = Math.trunc(fround(fround(slope * luma[x]!) + base));
    plane[start + x] = value <= least ? least : value >= most ? most : value;
  }
}

function between(low: number, high: number, part: number): number {
  return fround(low + fround(fround(high - low) * part));
}
