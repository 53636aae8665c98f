import type { SizePx } from '../../../frame.ts';
import { BitWriter } from './bit-writer.ts';
import type { CodingTables } from './tables.ts';
import { transformBlock } from './transform.ts';

/** Planes of a 4:2:0 picture with even sides, full range. */
export interface YuvPlanes {
  readonly y: Uint8Array;
  readonly cb: Uint8Array;
  readonly cr: Uint8Array;
}

interface Plane {
  readonly samples: Uint8Array;
  readonly columns: number;
  readonly rows: number;
  readonly dc: Uint32Array;
  readonly ac: Uint32Array;
  /** The mean of the last block. */
  last: number;
}

/** At most this many bytes come from a block: 64 codes of 26 bits, each byte followed by a zero. */
const mostBytesPerBlock = 416;

/** The most bytes of the entropy-coded part of a picture. */
export function mostCodedBytes({ widthPx, heightPx }: SizePx): number {
  return 6 * Math.ceil(widthPx / 16) * Math.ceil(heightPx / 16) * mostBytesPerBlock + 16;
}

/** The entropy-coded part of a baseline JPEG. */
export function codePlanes({ y, cb, cr }: YuvPlanes, size: SizePx, tables: CodingTables): Uint8Array {
  const { widthPx: columns, heightPx: rows } = size;
  const writer = new BitWriter();
  const luma: Plane = { samples: y, columns, rows, dc: tables.lumaDc, ac: tables.lumaAc, last: 0 };
  const chroma = [cb, cr].map((samples): Plane => ({
    samples,
    columns: columns >> 1,
    rows: rows >> 1,
    dc: tables.chromaDc,
    ac: tables.chromaAc,
    last: 0,
  }));
  for (let top = 0; top < rows; top += 16) {
    for (let left = 0; left < columns; left += 16) {
      for (const [x, down] of lumaBlocks) codeBlock(writer, luma, left + x, top + down, tables);
      for (const plane of chroma) codeBlock(writer, plane, left >> 1, top >> 1, tables);
    }
  }
  return writer.finish();
}

const lumaBlocks = [
  [0, 0],
  [8, 0],
  [0, 8],
  [8, 8],
] as const;

function codeBlock(writer: BitWriter, plane: Plane, left: number, top: number, tables: CodingTables): void {
  const block = transformBlock(samplesOf(plane, left, top), tables);
  const mean = block[0]!;
  writer.number(plane.dc, 0, mean - plane.last);
  plane.last = mean;
  let run = 0;
  for (let k = 1; k < 64; k++) {
    const value = block[tables.places[k]!]!;
    if (value === 0) {
      run++;
      continue;
    }
    for (; run >= 16; run -= 16) writer.code(plane.ac, sixteenZeros);
    writer.number(plane.ac, run, value);
    run = 0;
  }
  if (run > 0) writer.code(plane.ac, endOfBlock);
}

const sixteenZeros = 0xf0;
const endOfBlock = 0;

/** 8 x 8 samples around 0; beyond the plane its last column and row are repeated. */
function samplesOf({ samples, columns, rows }: Plane, left: number, top: number): Int16Array {
  const block = new Int16Array(64);
  for (let i = 0; i < 64; i++) {
    const row = Math.min(top + (i >> 3), rows - 1);
    const column = Math.min(left + (i & 7), columns - 1);
    block[i] = samples[row * columns + column]! - 128;
  }
  return block;
}
