import { interval, map, tap, type Observable } from 'rxjs';
import type { SizePx } from '../../src/frame.ts';
import type { Picture } from '../../src/stream/live/pictures/picture.ts';

/** Pictures whose references are counted. */
export interface MadePictures {
  /** As the publisher gives them: its own reference is given back after the subscriber was told. */
  readonly pictures$: Observable<Picture>;
  /** References that somebody still holds. */
  readonly held: () => number;
  /** Pictures that came. */
  readonly made: () => number;
}

/**
 * Live gray pictures: the left half becomes brighter by 8 levels a picture and begins anew at black, the right half is
 * white.
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
    // The publisher's reference: after all subscribers were told.
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
