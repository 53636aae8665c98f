import {
  bytesPerSample,
  chromaSize,
  type ChromaFormat,
  type LumaFormat,
  type RectPx,
  type SizePx,
  type YuvMatrix,
} from '../../frame.ts';
import { lightnessTable, labToCbCr } from '../../model/color/lab.ts';
import { fitChroma, type ChromaModel } from './guided.ts';
import { toFullRange, type LumaPlane } from './shrink.ts';
import { linearTaps } from './steady.ts';

/** A whole output frame in memory: Y, Cb, Cr planes one after the other without padding. */
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

/** Bytes of a whole frame. */
export function frameBytes(layout: FrameLayout): number {
  const chroma = chromaSize(layout, layout.chroma);
  const samples = layout.widthPx * layout.heightPx + 2 * chroma.widthPx * chroma.heightPx;
  return samples * bytesPerSample(layout.bitDepth);
}

/** Views of the planes of a frame's buffer. */
export function framePlanes(buffer: ArrayBufferLike, layout: FrameLayout): FramePlanes {
  const chroma = chromaSize(layout, layout.chroma);
  const lumaSamples = layout.widthPx * layout.heightPx;
  const chromaSamples = chroma.widthPx * chroma.heightPx;
  const plane = (offset: number, length: number): LumaPlane =>
    bytesPerSample(layout.bitDepth) === 1
      ? new Uint8Array(buffer, offset, length)
      : new Uint16Array(buffer, offset * 2, length);
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
  /** `[h * w]` how sure each pixel's colour is */
  readonly weight: Float32Array;
  readonly size: SizePx;
  /** Half side of the window that chroma is fitted to luma in, small pixels; see `windowRadius` */
  readonly radiusPx: number;
  /** Chroma is multiplied by this: 0 = gray, 1 = as the network says */
  readonly saturation: number;
}

/**
 * Fills a frame's chroma planes from the small picture's colour: Lab to Cb, Cr, a linear model of luma in each
 * window, that model applied to the full-size luma.
 * @param planes - Y is read, Cb and Cr are written
 */
export function composeFrame(
  planes: FramePlanes,
  layout: FrameLayout,
  rect: RectPx,
  job: ComposeJob,
  matrix: YuvMatrix,
): void {
  composeChroma(planes, layout, rect, chromaModel(job, matrix), job.size);
}

/** Lab to Cb, Cr of the small picture, and the model of both as functions of luma; serves every size of a frame. */
export function chromaModel(job: ComposeJob, matrix: YuvMatrix): ChromaModel {
  const { cb, cr } = smallChroma(job, matrix);
  return fitChroma(job.small, cb, cr, job.weight, job.size, job.radiusPx);
}

/** Cb and Cr (-0.5..0.5) of the small picture. */
function smallChroma(job: ComposeJob, matrix: YuvMatrix): { cb: Float32Array; cr: Float32Array } {
  const count = job.small.length;
  const chroma = { cb: new Float32Array(count), cr: new Float32Array(count) };
  const { cb, cr } = chroma;
  const lightness = lightnessTable();
  const out = new Float32Array(2);
  for (let i = 0; i < count; i++) {
    labToCbCr(
      lightness[job.small[i]!]!,
      job.ab[i]! * job.saturation,
      job.ab[count + i]! * job.saturation,
      matrix,
      out,
    );
    cb[i] = out[0]!;
    cr[i] = out[1]!;
  }
  return chroma;
}

/**
 * Fills the chroma planes of a frame from its full-size luma and the small chroma model. Luma is only read.
 * @param rect - where the picture is; outside it chroma stays neutral
 * @param size - of the model, pixels; its grid covers `rect`
 */
export function composeChroma(
  planes: FramePlanes,
  layout: FrameLayout,
  rect: RectPx,
  model: ChromaModel,
  size: SizePx,
): void {
  const neutral = 2 ** (layout.bitDepth - 1);
  planes.cb.fill(neutral);
  planes.cr.fill(neutral);
  const stepX = layout.chroma === '444' ? 1 : 2;
  const stepY = layout.chroma === '420' ? 2 : 1;
  const chroma = chromaSize(layout, layout.chroma);
  const left = Math.ceil(rect.x / stepX);
  const top = Math.ceil(rect.y / stepY);
  const columns = Math.min(Math.ceil((rect.x + rect.width) / stepX), chroma.widthPx) - left;
  const rows = Math.min(Math.ceil((rect.y + rect.height) / stepY), chroma.heightPx) - top;
  if (columns <= 0 || rows <= 0) return;
  // 4:2:0 and 4:2:2 are sited on the left luma sample of a pair (MPEG-2, H.264): a quarter chroma pixel left.
  const across = linearTaps(size.widthPx, columns, stepX === 2 ? -0.25 : 0);
  const down = linearTaps(size.heightPx, rows);
  const newRow = (): Float32Array => new Float32Array(size.widthPx + 1);
  const row: ModelRows = [newRow(), newRow(), newRow(), newRow()];
  const luma = toFullRange(layout);
  const unit = 2 ** (layout.bitDepth - 8);
  const scale = layout.range === 'full' ? 2 ** layout.bitDepth - 1 : 224 * unit;
  const least = layout.range === 'full' ? 0 : 16 * unit;
  const most = layout.range === 'full' ? 2 ** layout.bitDepth - 1 : 240 * unit;
  const lumaRow = new Float32Array(columns);
  for (let r = 0; r < rows; r++) {
    blendRows(model, row, down.low[r]!, down.part[r]!, size);
    readLumaRow(planes.y, layout, top + r, left, stepX, stepY, luma, lumaRow);
    writeChromaRow(
      planes.cb,
      (top + r) * chroma.widthPx + left,
      lumaRow,
      row[0],
      row[1],
      across,
      scale,
      neutral,
      least,
      most,
    );
    writeChromaRow(
      planes.cr,
      (top + r) * chroma.widthPx + left,
      lumaRow,
      row[2],
      row[3],
      across,
      scale,
      neutral,
      least,
      most,
    );
  }
}

type ModelRows = [Float32Array, Float32Array, Float32Array, Float32Array];

/** Interpolates the model between two of its rows. */
function blendRows(model: ChromaModel, out: ModelRows, low: number, part: number, size: SizePx): void {
  const width = size.widthPx;
  const a = low * width;
  const b = Math.min(low + 1, size.heightPx - 1) * width;
  const keep = 1 - part;
  const [cbSlope, cbBase, crSlope, crBase] = out;
  for (let x = 0; x < width; x++) {
    cbSlope[x] = model.cbSlope[a + x]! * keep + model.cbSlope[b + x]! * part;
    cbBase[x] = model.cbBase[a + x]! * keep + model.cbBase[b + x]! * part;
    crSlope[x] = model.crSlope[a + x]! * keep + model.crSlope[b + x]! * part;
    crBase[x] = model.crBase[a + x]! * keep + model.crBase[b + x]! * part;
  }
}

/** Luma (0..1, full range) at the chroma samples of one chroma row: means over the samples they stand for. */
function readLumaRow(
  y: LumaPlane,
  layout: FrameLayout,
  chromaRow: number,
  left: number,
  stepX: number,
  stepY: number,
  toFull: { scale: number; offset: number },
  out: Float32Array,
): void {
  const width = layout.widthPx;
  const lastRow = layout.heightPx - 1;
  // Interlaced 4:2:0: chroma row 2k+f belongs to field f, whose luma rows are 4k+f and 4k+2+f.
  const first =
    stepY === 1 ? chromaRow : layout.interlaced ? 4 * (chromaRow >> 1) + (chromaRow & 1) : 2 * chromaRow;
  const second = stepY === 1 ? first : layout.interlaced ? first + 2 : first + 1;
  const a = Math.min(first, lastRow) * width;
  const b = Math.min(second, lastRow) * width;
  const scale = toFull.scale / 255;
  const offset = toFull.offset / 255;
  const count = out.length;
  if (stepX === 1) {
    for (let x = 0; x < count; x++) out[x] = (y[a + left + x]! + y[b + left + x]!) * 0.5 * scale + offset;
    return;
  }
  const quarter = scale * 0.25;
  const whole = Math.min(count, (width >> 1) - left);
  let i = a + 2 * left;
  let j = b + 2 * left;
  for (let x = 0; x < whole; x++, i += 2, j += 2) {
    out[x] = (y[i]! + y[i + 1]! + y[j]! + y[j + 1]!) * quarter + offset;
  }
  for (let x = whole; x < count; x++) out[x] = (y[a + width - 1]! + y[b + width - 1]!) * 2 * quarter + offset;
}

/** One row of one chroma plane: slope * luma + base, both interpolated along the row, rounded and clipped. */
function writeChromaRow(
  plane: LumaPlane,
  base: number,
  luma: Float32Array,
  slopes: Float32Array,
  bases: Float32Array,
  across: { low: Int32Array; part: Float32Array },
  scale: number,
  neutral: number,
  least: number,
  most: number,
): void {
  const { low, part } = across;
  const count = luma.length;
  const centre = neutral + 0.5;
  for (let x = 0; x < count; x++) {
    const k = low[x]!;
    const s = part[x]!;
    const slope = slopes[k]! + (slopes[k + 1]! - slopes[k]!) * s;
    const start = bases[k]! + (bases[k + 1]! - bases[k]!) * s;
    const value = (slope * luma[x]! + start) * scale + centre;
    plane[base + x] = value <= least ? least : value >= most ? most : value | 0;
  }
}
