import type { PixelPool } from '../pixels/pixel-pool.ts';
import type { LiveEngine } from './live-engine.ts';
import type { Metrics } from './metrics.ts';
import type { JpegEncoders } from './pictures/jpeg-encoders.ts';

/** What all cameras share; the composition root owns it. */
export interface LiveResources {
  readonly engine: LiveEngine;
  readonly pixels: PixelPool;
  readonly jpegs: JpegEncoders;
  readonly metrics: Metrics;
  /** Logs what went wrong in a camera's pictures; the same text only once in a while. */
  readonly warn: (camera: string, text: string) => void;
  /** Short side of the network's picture, pixels. */
  readonly shortSidePx: number;
}
