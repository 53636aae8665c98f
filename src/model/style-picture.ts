import type { SizePx } from '../frame.ts';

/**
 * A photo whose scene the network sees in place of every frame's own: the colours get its style. Plain data, so that it
 * can be sent to a worker.
 */
export interface StylePicture {
  /** the file's name without its folder; outputs name it */
  readonly name: string;
  /** of the file, hexadecimal */
  readonly sha256: string;
  /** `[h * w]` full-range luma bytes, made as for a frame */
  readonly luma: Uint8Array;
  /** both sides are multiples of 8 */
  readonly size: SizePx;
}
