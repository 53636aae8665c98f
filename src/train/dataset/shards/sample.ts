import type { SizePx } from '../../../frame.ts';

/** One picture to learn from: what the network sees, and what it should answer. */
export interface Sample {
  /** where it comes from: the file's path below its root; for a film `file#seconds` */
  readonly key: string;
  /** both sides are multiples of 8 */
  readonly size: SizePx;
  /** `[h * w]` full-range Y' (BT.601 weights) 0..255: the network's input */
  readonly luma: Uint8Array;
  /** `[2, h, w]` CIE a*, b* (D65), rounded */
  readonly ab: Int8Array;
  /** `[2048]` of the gray picture */
  readonly embedding: Float32Array;
  /** `[2048]` of the gray picture's mirror image */
  readonly embeddingMirrored: Float32Array;
}

/** Which half of a set a sample belongs to. */
export const splits = ['train', 'validation'] as const;

export type Split = (typeof splits)[number];

/** `192x144`: width first, as ffmpeg writes it. */
export function sizeName({ widthPx, heightPx }: SizePx): string {
  return `${widthPx}x${heightPx}`;
}
