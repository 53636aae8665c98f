import type { SizePx } from '../../../frame.ts';
import { pixelMath } from '../pixel-math.ts';
import {
  chromaAc,
  chromaDc,
  codingTables,
  lumaAc,
  lumaDc,
  quantizers,
  zigzag,
  type HuffmanTable,
} from './tables.ts';

/**
 * Makes a baseline JPEG of a picture (JFIF, 4:2:0).
 * @param memory - Y, Cb, Cr without padding, full range, BT.601; not modified
 * @param size - even sides
 * @param quality - as ffmpeg's `-q:v`: 2 (best) to 31
 */
export function encodeJpeg(
  memory: SharedArrayBuffer,
  size: SizePx,
  quality: number,
): Uint8Array<ArrayBuffer> {
  const head = headOf(size, quality);
  const luma = size.widthPx * size.heightPx;
  const planes = {
    y: new Uint8Array(memory, 0, luma),
    cb: new Uint8Array(memory, luma, luma >> 2),
    cr: new Uint8Array(memory, luma + (luma >> 2), luma >> 2),
  };
  const coded = pixelMath().codePlanes(planes, size, codingTables(quality));
  const jpeg = new Uint8Array(head.length + coded.length + 2);
  jpeg.set(head);
  jpeg.set(coded, head.length);
  jpeg.set([0xff, 0xd9], head.length + coded.length);
  return jpeg;
}

let last: { readonly key: string; readonly head: Uint8Array } | undefined;

/** Everything before the entropy-coded part. */
function headOf({ widthPx, heightPx }: SizePx, quality: number): Uint8Array {
  const key = `${widthPx}x${heightPx} ${quality}`;
  if (last?.key === key) return last.head;
  const steps = quantizers(quality);
  const head = Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xe0, [...Buffer.from('JFIF\0'), 1, 2, 0, ...word(1), ...word(1), 0, 0]),
    ...segment(0xdb, [0, ...zigzag.map((place) => steps[place]!)]),
    ...segment(0xc0, [8, ...word(heightPx), ...word(widthPx), 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]),
    ...segment(0xc4, [
      ...huffman(0x00, lumaDc),
      ...huffman(0x01, chromaDc),
      ...huffman(0x10, lumaAc),
      ...huffman(0x11, chromaAc),
    ]),
    ...segment(0xda, [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]),
  ]);
  last = { key, head };
  return head;
}

function segment(marker: number, body: readonly number[]): number[] {
  return [0xff, marker, ...word(body.length + 2), ...body];
}

function huffman(id: number, { counts, symbols }: HuffmanTable): number[] {
  return [id, ...counts, ...symbols];
}

function word(value: number): [number, number] {
  return [value >> 8, value & 255];
}
