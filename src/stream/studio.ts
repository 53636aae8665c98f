import type { Reporter } from '../log/reporter.ts';
import type { Colorizer } from '../model/colorizer.ts';
import type { PixelPool } from './pixels/pixel-pool.ts';

/** What a film needs from outside; the caller owns it and may use it for many films, one after the other. */
export interface Studio {
  readonly colorizer: Colorizer;
  readonly pixels: PixelPool;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}
