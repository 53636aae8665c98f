import { Subject, type Observable } from 'rxjs';
import type { SizePx } from '../../src/frame.ts';
import type { Picture, PictureRequest } from '../../src/stream/live/pictures/picture.ts';
import type { CameraFeed } from '../../src/stream/live/camera-feed.ts';

/** A camera whose pictures a test makes one by one. It counts subscriptions and unreleased references. */
export class MadeFeed implements Pick<CameraFeed, 'id' | 'pictures$'> {
  readonly id = 'gate';
  readonly wishes: PictureRequest[] = [];
  /** The number of references that are not yet released. */
  held = 0;
  private readonly pictures = new Subject<Picture>();
  private sequence = 0;

  pictures$(wish: PictureRequest): Observable<Picture> {
    this.wishes.push(wish);
    return this.pictures;
  }

  get isWatched(): boolean {
    return this.pictures.observed;
  }

  /** Shows a picture of one colour to all subscribers and releases the publisher's reference. */
  show(capturedMs: number, size: SizePx, fill: readonly [y: number, cb: number, cr: number]): Picture {
    return this.showData(capturedMs, size, filled(size, fill));
  }

  showData(capturedMs: number, size: SizePx, data: Uint8Array): Picture {
    let references = 1;
    this.held++;
    const count = (by: number): void => {
      if (references === 0) throw new Error('a picture was used after its last release');
      references += by;
      this.held += by;
    };
    const sequence = this.sequence++;
    const picture: Picture = {
      camera: this.id,
      sequence,
      capturedMs,
      size,
      data,
      retain: () => count(1),
      release: () => count(-1),
    };
    this.pictures.next(picture);
    picture.release();
    return picture;
  }

  /** Ends the camera, as when it is removed. */
  end(): void {
    this.pictures.complete();
  }
}

/** Planes of one colour, 4:2:0. */
function filled({ widthPx, heightPx }: SizePx, [y, cb, cr]: readonly [number, number, number]): Uint8Array {
  const luma = widthPx * heightPx;
  return new Uint8Array(luma * 1.5)
    .fill(y, 0, luma)
    .fill(cb, luma, luma * 1.25)
    .fill(cr, luma * 1.25);
}
