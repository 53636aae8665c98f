import { AppError } from '../../errors.ts';
import type { ChromaFormat } from '../../frame.ts';

/** The sample layouts of raw video in NUT that Chromafeed uses. */
export type RawChroma = 'gray' | ChromaFormat;

/** Layouts of 8 bits have their own names. */
const eightBitTags: Record<RawChroma, string> = { gray: 'Y800', '420': 'I420', '422': 'Y42B', '444': '444P' };

/** Above 8 bits: number of planes and chroma shifts, each with ffmpeg's offset. */
const deepTags: Record<RawChroma, readonly [string, number]> = {
  gray: ['1', 0],
  '420': ['3', 11],
  '422': ['3', 10],
  '444': ['3', 0],
};

const bitDepths: readonly number[] = [8, 9, 10, 12, 14, 16];

/**
 * Returns the fourcc for a planar pixel format that ffmpeg's NUT reader and writer use.
 * @param bitDepth - 8, 9, 10, 12, 14 or 16; little-endian samples above 8
 * @returns 4 bytes, a new array
 * @throws {AppError} INPUT_UNSUPPORTED at another depth
 * @see libavcodec/raw.c of ffmpeg; a test compares it with the output of `ffmpeg -f nut`
 */
export function rawTag(chroma: RawChroma, bitDepth: number): Uint8Array {
  if (!bitDepths.includes(bitDepth)) {
    throw new AppError(
      'INPUT_UNSUPPORTED',
      `raw video: expected 8, 9, 10, 12, 14 or 16 bits but got ${bitDepth}`,
    );
  }
  if (bitDepth === 8) return new TextEncoder().encode(eightBitTags[chroma]);
  const [planes, shifts] = deepTags[chroma];
  return Uint8Array.of(0x59, planes.charCodeAt(0), shifts, bitDepth);
}

/** ffmpeg's name of the same format: `yuv420p10le`, `gray`. */
export function pixelFormatName(chroma: RawChroma, bitDepth: number): string {
  const planar = chroma === 'gray' ? 'gray' : `yuv${chroma}p`;
  return bitDepth === 8 ? planar : `${planar}${bitDepth}le`;
}
