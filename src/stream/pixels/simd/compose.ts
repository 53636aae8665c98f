import { bytesPerSample, type SizePx, type YuvMatrix } from '../../../frame.ts';
import {
  lumaRowsOf,
  prepareChroma,
  wholePairs,
  type ChromaGrid,
  type ChromaScaling,
  type ChromaTarget,
  type ComposeJob,
} from '../compose.ts';
import { flatness, leastWeight, perByte } from '../guided.ts';
import { labChroma } from '../lab-chroma.ts';
import { roundUp, type Workspace } from './workspace.ts';

/** Slope and base of Cb, slope and base of Cr. */
const coefficients = 4;
const floatBytes = 4;

/** Fills the chroma planes of frames from one small picture's colour, like `composeFrames`. */
export function composeInto(
  work: Workspace,
  targets: readonly ChromaTarget[],
  job: ComposeJob,
  matrix: YuvMatrix,
): void {
  work.begin();
  const model = fitModel(work, job, matrix);
  for (const target of targets) composeTarget(work, target, model, job.size);
  work.finish();
}

/** The small picture's model of chroma in the workspace. */
interface PlacedModel {
  readonly pointer: number;
  /** Bytes from one coefficient's row to the next. */
  readonly stride: number;
}

function fitModel(work: Workspace, job: ComposeJob, matrix: YuvMatrix): PlacedModel {
  const { widthPx: columns, heightPx: rows } = job.size;
  const { kernels } = work;
  const count = columns * rows;
  const stride = roundUp(columns * floatBytes);
  const luma = work.input(job.small);
  const ab = work.input(job.ab);
  const [cb, cr] = [work.scratch(count * floatBytes), work.scratch(count * floatBytes)];
  const lab = labChroma(matrix, job.saturation);
  kernels.labToChromaPlanes(
    luma,
    ab,
    ab + count * floatBytes,
    count,
    work.input(lab.constants),
    work.input(lab.curveOfLuma),
    work.input(lab.srgb),
    cb,
    cr,
  );
  const pointer = work.scratch(coefficients * stride * rows);
  kernels.fitChromaRows(
    luma,
    cb,
    cr,
    work.input(job.weight),
    columns,
    rows,
    job.radiusPx,
    stride,
    flatness,
    leastWeight,
    perByte,
    Math.fround(1 / (2 * job.radiusPx + 1) ** 2),
    work.scratch(fitScratchBytes(stride, job.radiusPx)),
    pointer,
  );
  return { pointer, stride };
}

/**
 * Scratch for rows and their sums: seven moments of one row, rings of these and of the model, pointers to a ring's
 * rows.
 */
function fitScratchBytes(stride: number, radiusPx: number): number {
  const span = 2 * radiusPx + 1;
  return 7 * (stride + 8 * radiusPx) + span * (7 + coefficients) * stride + span * 4;
}

function composeTarget(
  work: Workspace,
  { planes, layout, rect }: ChromaTarget,
  model: PlacedModel,
  size: SizePx,
): void {
  const { grid, scaling } = prepareChroma(planes, layout, rect, size);
  const sampleBytes = bytesPerSample(layout.bitDepth);
  const stride = roundUp(grid.columns * floatBytes);
  const luma = work.input(planes.y);
  const sums = work.scratch(stride);
  const { kernels } = work;
  const isPaired = sampleBytes === 1 && grid.stepX === 2;
  const pairs = wholePairs(layout, grid);
  const edge = (layout.widthPx - 1 - 2 * grid.left) * sampleBytes;
  const pair = new WideRows(work, model, grid, scaling, size);
  const cb = grid.isWhole ? work.output(planes.cb) : work.inOut(planes.cb);
  const cr = grid.isWhole ? work.output(planes.cr) : work.inOut(planes.cr);
  for (let row = 0; row < grid.rows; row++) {
    const { upper, way } = pair.around(grid.down.low[row]!);
    const part = grid.down.part[row]!;
    const at = ((grid.top + row) * grid.chroma.widthPx + grid.left) * sampleBytes;
    const lines = lumaRowsOf(layout, grid.stepY, grid.top + row);
    const first = luma + (lines.a + grid.left * grid.stepX) * sampleBytes;
    const second = luma + (lines.b + grid.left * grid.stepX) * sampleBytes;
    const { least, most } = scaling;
    const done = isPaired
      ? kernels.writeChromaPair(upper, way, stride, part, first, second, pairs, least, most, cb + at, cr + at)
      : 0;
    const rest = grid.columns - done;
    if (rest === 0) continue;
    const skipped = done * grid.stepX * sampleBytes;
    const [a, b] = [first + skipped, second + skipped];
    if (grid.stepX === 1) kernels.sumSingles(a, b, rest, sampleBytes, sums);
    else kernels.sumPairs(a, b, pairs - done, rest, edge - skipped, sampleBytes, sums);
    const write = (plane: number, to: number): void => {
      const from = plane + done * floatBytes;
      const out = to + done * sampleBytes;
      kernels.writeChromaRow(
        upper + from,
        way + from,
        stride,
        part,
        sums,
        rest,
        least,
        most,
        sampleBytes,
        out,
      );
    };
    write(0, cb + at);
    write(2 * stride, cr + at);
  }
}

/** Two rows of the model, interpolated to the frame's chroma, and the difference between them. */
class WideRows {
  readonly #work: Workspace;
  readonly #model: PlacedModel;
  readonly #scaling: ChromaScaling;
  readonly #size: SizePx;
  readonly #columns: number;
  readonly #stride: number;
  readonly #low: number;
  readonly #part: number;
  readonly #quads: number;
  readonly #way: number;
  #upper: { row: number; readonly pointer: number };
  #lower: { row: number; readonly pointer: number };
  #pair = -1;

  constructor(work: Workspace, model: PlacedModel, grid: ChromaGrid, scaling: ChromaScaling, size: SizePx) {
    this.#work = work;
    this.#model = model;
    this.#scaling = scaling;
    this.#size = size;
    this.#columns = grid.columns;
    this.#stride = roundUp(grid.columns * floatBytes);
    this.#low = work.input(grid.across.low);
    this.#part = work.input(grid.across.part);
    this.#quads = work.scratch((size.widthPx + 4) * coefficients * floatBytes);
    this.#way = work.scratch(coefficients * this.#stride);
    this.#upper = { row: -1, pointer: work.scratch(coefficients * this.#stride) };
    this.#lower = { row: -1, pointer: work.scratch(coefficients * this.#stride) };
  }

  /** The rows `low` and `low + 1` of the model. After the last row, the last row is used again. */
  around(low: number): { upper: number; way: number } {
    if (this.#pair !== low) {
      if (this.#lower.row === low) [this.#upper, this.#lower] = [this.#lower, this.#upper];
      this.#fill(this.#upper, low);
      this.#fill(this.#lower, Math.min(low + 1, this.#size.heightPx - 1));
      const bytes = coefficients * this.#stride;
      this.#work.kernels.subtract(this.#upper.pointer, this.#lower.pointer, this.#way, bytes);
      this.#pair = low;
    }
    return { upper: this.#upper.pointer, way: this.#way };
  }

  #fill(wide: { row: number; readonly pointer: number }, row: number): void {
    if (wide.row === row) return;
    const { slopeGain, lumaOffset, scale, centre } = this.#scaling;
    const { pointer, stride } = this.#model;
    this.#work.kernels.widenRow(
      pointer + row * coefficients * stride,
      stride,
      this.#size.widthPx,
      this.#low,
      this.#part,
      this.#columns,
      slopeGain,
      lumaOffset,
      scale,
      centre,
      this.#quads,
      wide.pointer,
      this.#stride,
    );
    wide.row = row;
  }
}
