import type { Reporter } from '../../log/reporter.ts';
import type { PixelPool } from '../pixels/pixel-pool.ts';
import type { SceneRecord } from './resume/resume-point.ts';

interface Counted {
  readonly reporter: Pick<Reporter, 'warn'>;
  readonly pixels: Pick<PixelPool, 'seconds'>;
}

/** The statistics and findings of one run of a film. */
export class FilmStats {
  readonly warnings: string[] = [];
  readonly scenes: SceneRecord[] = [];
  /** Frames written by this run. */
  frames = 0;
  networkFrames = 0;
  embeddings = 0;
  networkMs = 0;
  writeMs = 0;
  mostInFlight = 0;
  boundInFlight = 0;
  readonly #resources: Counted;
  readonly #startedMs = performance.now();
  /** The seconds of earlier films in the same threads. */
  readonly #pixelSBefore: PixelPool['seconds'];

  constructor(resources: Counted) {
    this.#resources = resources;
    this.#pixelSBefore = { ...resources.pixels.seconds };
  }

  /** Warns the user, and keeps the text for the result. */
  warn(text: string): void {
    this.warnings.push(text);
    this.#resources.reporter.warn(text);
  }

  get elapsedS(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  /** Seconds of work by stage; stages run in parallel. */
  get stageS(): Readonly<Record<'shrink' | 'motion' | 'compose' | 'network' | 'write', number>> {
    const now = this.#resources.pixels.seconds;
    const before = this.#pixelSBefore;
    return {
      shrink: now.shrink - before.shrink,
      motion: now.motion - before.motion,
      compose: now.compose - before.compose,
      network: this.networkMs / 1000,
      write: this.writeMs / 1000,
    };
  }
}
