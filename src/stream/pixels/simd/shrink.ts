import type { LumaFormat, RectPx, SizePx } from '../../../frame.ts';
import { bytesPerSample } from '../../../frame.ts';
import { areaTaps, type AreaTaps } from '../area-taps.ts';
import { chosenRows, scaledRange, shrinkLuma, type LumaPlane, type RowChoice } from '../shrink.ts';
import type { Workspace } from './workspace.ts';

/** The most rows between the outer two whose sum fits into 16 bits. */
const mostInnerRows = 120;

/** Does `shrinkLuma` into an existing array. */
export function shrinkInto(
  work: Workspace,
  plane: LumaPlane,
  format: LumaFormat,
  rect: RectPx,
  rows: RowChoice,
  out: Uint8Array,
  size: SizePx,
): void {
  const { firstRow, step, count } = chosenRows(rect, rows);
  const across = areaTaps(rect.width, size.widthPx);
  const down = areaTaps(count, size.heightPx);
  if (count / size.heightPx > mostInnerRows) {
    out.set(shrinkLuma(plane, format, rect, size, rows));
    return;
  }
  work.begin();
  const sampleBytes = bytesPerSample(format.bitDepth);
  const rowBytes = format.widthPx * sampleBytes;
  const taps = tapCount(across);
  const { scale, offset } = scaledRange(format);
  work.kernels.shrinkPlane(
    work.input(plane) + firstRow * rowBytes + rect.x * sampleBytes,
    rowBytes * step,
    rect.width,
    work.input(rowTable(down)),
    size.heightPx,
    work.input(across.first),
    work.input(weightTable(across, taps)),
    taps,
    size.widthPx,
    format.bitDepth,
    scale,
    offset,
    work.scratch(2 * (rect.width + taps + 16)),
    work.output(out),
  );
  work.finish();
}

/** The number of columns that one column of the result reads, rounded up to whole vectors. */
function tapCount({ first, last }: AreaTaps): number {
  let most = 1;
  for (let i = 0; i < first.length; i++) most = Math.max(most, last[i]! - first[i]! + 1);
  return Math.ceil(most / 8) * 8;
}

const rowTables = new WeakMap<AreaTaps, Int32Array>();

/** The first row, the last row and the three weights of each row of the result. */
function rowTable(taps: AreaTaps): Int32Array {
  const known = rowTables.get(taps);
  if (known) return known;
  const { first, last, firstWeight, innerWeight, lastWeight } = taps;
  const table = new Int32Array(5 * first.length);
  for (let i = 0; i < first.length; i++) {
    table.set([first[i]!, last[i]!, firstWeight[i]!, innerWeight[i]!, lastWeight[i]!], 5 * i);
  }
  rowTables.set(taps, table);
  return table;
}

const weightTables = new WeakMap<AreaTaps, Int16Array>();

/** The weights of each column of the result, zeros after the last. */
function weightTable(taps: AreaTaps, count: number): Int16Array {
  const known = weightTables.get(taps);
  if (known) return known;
  const { first, last, firstWeight, innerWeight, lastWeight } = taps;
  const table = new Int16Array(count * first.length);
  for (let i = 0; i < first.length; i++) {
    const base = i * count;
    const span = last[i]! - first[i]!;
    table.fill(innerWeight[i]!, base, base + span);
    table[base] = firstWeight[i]!;
    if (span > 0) table[base + span] = lastWeight[i]!;
  }
  weightTables.set(taps, table);
  return table;
}
