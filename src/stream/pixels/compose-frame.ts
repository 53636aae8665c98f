import type { SizePx, YuvMatrix } from '../../frame.ts';
import { composeChroma, type FrameLayout, type FramePlanes } from './compose.ts';
import { fitChroma } from './guided.ts';
import type { RectPx } from './rect.ts';

/** Turns a* b* at a known lightness into chroma; supplied by `src/model`, so that this folder needs no colour science. */
export interface ComposeJob {
  /** Small picture, full-range Y', `[h * w]` */
  readonly small: Uint8Array;
  /** `[2 * h * w]` a*, b* of the small picture */
  readonly ab: Float32Array;
  /** `[h * w]` how sure each pixel's colour is */
  readonly weight: Float32Array;
  readonly size: SizePx;
  /** Chroma is multiplied by this: 0 = gray, 1 = as the network says */
  readonly saturation: number;
}
