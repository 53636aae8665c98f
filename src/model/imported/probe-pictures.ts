import type { SizePx } from '../../frame.ts';
import type { LumaPicture } from './imported-session.ts';

/**
 * A gray picture with what photographs have: bright above and darker below, a few large shapes, and texture. It is the
 * same every time.
 */
export function probePicture(size: SizePx): LumaPicture {
  const { widthPx, heightPx } = size;
  const luma = new Uint8Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++)
    for (let x = 0; x < widthPx; x++) {
      const [u, v] = [(x + 0.5) / widthPx, (y + 0.5) / heightPx];
      const sky = 200 - 120 * v;
      const hill = v > 0.6 + 0.1 * Math.sin(7 * u) ? -50 : 0;
      const disc = Math.hypot(u - 0.35, v - 0.45) < 0.18 ? 40 : 0;
      const texture = 12 * Math.sin(0.9 * x) * Math.cos(1.3 * y);
      luma[y * widthPx + x] = Math.max(0, Math.min(255, Math.round(sky + hill + disc + texture)));
    }
  return { luma, size };
}
