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
  /** Logs what went wrong in a camera's pictures. It does not repeat the same text for a while. */
  readonly warn: (camera: string, text: string) => void;
  /** Short side of the picture that the network sees, pixels. */
  readonly shortSidePx: number;
  /** Name of this machine among several that share the cameras; absent: it is alone. */
  readonly machine?: string | undefined;
}
