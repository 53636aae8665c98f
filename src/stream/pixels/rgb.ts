import { ycbcrToRgb } from '../../model/color/ycbcr.ts';
import type { FrameLayout, FramePlanes } from './compose.ts';

/**
 * A pixel whose components differ by less than this share of the range counts as gray, because lossy formats leave
 * traces of colour.
 */
const leastColor = 1 / 16;

/**
 * Writes the luma (BT.601, full range, as JPEG has it) of interleaved R'G'B' or gray samples.
 * @param samples - `[h * w * channels]`, of the planes' depth
 * @param channels - 1, 2 (gray) or 3, 4 (R'G'B')
 * @param planes - `y` is written
 * @returns whether more than a hundredth of the pixels had colour
 */
export function fillLuma(samples: Uint8Array | Uint16Array, channels: number, planes: FramePlanes): boolean {
  const { y } = planes;
  const least = (samples instanceof Uint16Array ? 0xffff : 0xff) * leastColor;
  let colored = 0;
  for (let i = 0; i < y.length; i++) {
    const r = samples[i * channels]!;
    const g = channels >= 3 ? samples[i * channels + 1]! : r;
    const b = channels >= 3 ? samples[i * channels + 2]! : r;
    y[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    if (Math.max(r, g, b) - Math.min(r, g, b) > least) colored++;
  }
  return colored > y.length / 100;
}

/**
 * Turns planes (BT.601, full range, 4:4:4) into interleaved R'G'B' of the same depth. Chroma that would leave the gamut
 * is scaled down, so the luma does not change.
 * @returns `[h * w * 3]`, a new array
 */
export function toRgb(planes: FramePlanes, layout: FrameLayout): Uint8Array | Uint16Array {
  const most = 2 ** layout.bitDepth - 1;
  const neutral = 2 ** (layout.bitDepth - 1);
  const out =
    layout.bitDepth === 8 ? new Uint8Array(3 * planes.y.length) : new Uint16Array(3 * planes.y.length);
  const rgb = new Float32Array(3);
  for (let i = 0; i < planes.y.length; i++) {
    const y = planes.y[i]! / most;
    ycbcrToRgb(y, (planes.cb[i]! - neutral) / most, (planes.cr[i]! - neutral) / most, 'bt601', rgb);
    let keep = 1;
    for (let c = 0; c < 3; c++) {
      const away = rgb[c]! - y;
      if (rgb[c]! > 1) keep = Math.min(keep, (1 - y) / away);
      else if (rgb[c]! < 0) keep = Math.min(keep, -y / away);
    }
    for (let c = 0; c < 3; c++) out[3 * i + c] = Math.round((y + (rgb[c]! - y) * keep) * most);
  }
  return out;
}
