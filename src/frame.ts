/** Types that several folders share: a picture's size, its sample format, its time. */

export interface SizePx {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Whether two sizes are the same. */
export function sameSize(a: SizePx, b: SizePx): boolean {
  return a.widthPx === b.widthPx && a.heightPx === b.heightPx;
}

/** A part of a picture, in luma pixels. */
export interface RectPx {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The rectangle that covers a whole picture. */
export function wholeRect(size: SizePx): RectPx {
  return { x: 0, y: 0, width: size.widthPx, height: size.heightPx };
}

/** A ratio of integers, as ffmpeg writes it: `num/den`. */
export interface Rational {
  readonly num: number;
  readonly den: number;
}

/** Range of the luma samples: 16..235 (times 2^(bitDepth-8)) or 0..2^bitDepth-1. */
export type LumaRange = 'limited' | 'full';

/** Matrix between R'G'B' and Y'CbCr. */
export type YuvMatrix = 'bt601' | 'bt709' | 'bt2020';

/** How chroma is subsampled: in both directions, horizontally, or not at all. */
export type ChromaFormat = '420' | '422' | '444';

/** How fields are stored in an interlaced frame. */
export type FieldOrder = 'progressive' | 'top-first' | 'bottom-first';

/**
 * One luma plane in memory: rows from top to bottom without padding, one byte per sample at 8 bit, two
 * (little-endian) above.
 */
export interface LumaFormat extends SizePx {
  /** 8..16 */
  readonly bitDepth: number;
  readonly range: LumaRange;
}

/** Bytes of one luma plane. */
export function lumaBytes(format: LumaFormat): number {
  return format.widthPx * format.heightPx * bytesPerSample(format.bitDepth);
}

/** Bytes of one sample: 1 at 8 bit, otherwise 2. */
export function bytesPerSample(bitDepth: number): 1 | 2 {
  return bitDepth > 8 ? 2 : 1;
}

/** Chroma planes' size for a luma size; odd sizes round up, as in ffmpeg. */
export function chromaSize(size: SizePx, format: ChromaFormat): SizePx {
  return {
    widthPx: format === '444' ? size.widthPx : Math.ceil(size.widthPx / 2),
    heightPx: format === '420' ? Math.ceil(size.heightPx / 2) : size.heightPx,
  };
}

/**
 * How many ticks of one time base are in a tick of another. ffmpeg's NUT writer refines coarse time bases by a whole
 * number, so that times convert there and back without loss.
 */
export function tickRatio(from: Rational, to: Rational): number {
  return (from.num * to.den) / (from.den * to.num);
}
