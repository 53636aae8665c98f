import { interval, map, tap, type Observable } from 'rxjs';
import type { SizePx } from '../../src/frame.ts';
import type { Picture } from '../../src/stream/live/pictures/picture.ts';

/** Pictures whose references are counted. */
export interface MadePictures {
  /** Pictures as the publisher sends them: it releases its own reference after the subscriber has run. */
  readonly pictures$: Observable<Picture>;
  /** The number of references that are still held. */
  readonly held: () => number;
  /** The pictures that have arrived. */
  readonly made: () => number;
}

/**
 * Live gray pictures. The left half becomes 8 levels brighter per picture and then starts again at black. The right half
 * is white.
 */
export function madePictures(sizeOf: () => SizePx, fps: number): MadePictures {
  let held = 0;
  let made = 0;
  const pictures$ = interval(1000 / fps).pipe(
    map((sequence) => {
      made++;
      held++;
      const size = sizeOf();
      return {
        camera: 'door',
        sequence,
        capturedMs: Date.now(),
        size,
        data: paint(size, (sequence * 8) % 256),
        retain: () => held++,
        release: () => held--,
      };
    }),
    // This is the publisher's reference, released after all subscribers have run.
    tap((picture) => queueMicrotask(() => picture.release())),
  );
  return { pictures$, held: () => held, made: () => made };
}

function paint({ widthPx, heightPx }: SizePx, level: number): Uint8Array {
  const data = new Uint8Array((widthPx * heightPx * 3) / 2).fill(128);
  for (let y = 0; y < heightPx; y++) {
    data.fill(level, y * widthPx, y * widthPx + widthPx / 2);
    data.fill(255, y * widthPx + widthPx / 2, (y + 1) * widthPx);
  }
  return data;
}
