import { rgbToLab } from '../../../model/color/lab.ts';
import type { SizePx } from '../../../frame.ts';
import { frameBytes, framePlanes, type FrameLayout } from '../../../stream/pixels/compose.ts';
import { fillLuma } from '../../../stream/pixels/rgb.ts';

/** A picture as the network sees it, and its colour. */
export interface PicturePlanes {
  readonly size: SizePx;
  /** `[h * w]` full-range Y' 0..255 */
  readonly luma: Uint8Array;
  /** `[2, h, w]` CIE a*, b*, rounded */
  readonly ab: Int8Array;
}

/**
 * Separates a picture into luma and colour. Colouring a picture computes luma with the same function.
 * @param rgb - `[h * w * 3]` sRGB bytes; not modified
 * @returns new arrays the caller owns
 */
export function separate(rgb: Uint8Array, size: SizePx): PicturePlanes {
  return { size, luma: lumaOf(rgb, size), ab: abOf(rgb) };
}

function lumaOf(rgb: Uint8Array, size: SizePx): Uint8Array {
  const layout: FrameLayout = { ...size, bitDepth: 8, range: 'full', chroma: '420', interlaced: false };
  const planes = framePlanes(new ArrayBuffer(frameBytes(layout)), layout);
  fillLuma(rgb, 3, planes);
  return Uint8Array.from(planes.y);
}

function abOf(rgb: Uint8Array): Int8Array {
  const count = rgb.length / 3;
  const ab = new Int8Array(2 * count);
  const lab = new Float32Array(3);
  for (let i = 0; i < count; i++) {
    rgbToLab((rgb[3 * i] ?? 0) / 255, (rgb[3 * i + 1] ?? 0) / 255, (rgb[3 * i + 2] ?? 0) / 255, lab);
    ab[i] = Math.round(lab[1] ?? 0);
    ab[count + i] = Math.round(lab[2] ?? 0);
  }
  return ab;
}
