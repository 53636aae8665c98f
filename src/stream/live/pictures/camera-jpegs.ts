import { filter, map, ReplaySubject, share, tap, type Observable } from 'rxjs';
import type { CameraConfig } from '../../../config/schema.ts';
import type { EncodedPicture } from '../camera-feed.ts';
import { conflateMap } from '../conflate.ts';
import { epochMs } from '../epoch.ts';
import type { JpegEncoders } from './jpeg-encoders.ts';
import type { Picture, PictureRequest } from './picture.ts';

type Masks = CameraConfig['masks'];

/** A JPEG, and the masks that were drawn into it. */
interface MaskedJpeg {
  readonly jpeg: EncodedPicture;
  readonly masks: Masks;
}

export interface CameraJpegsOptions {
  readonly encoders: Pick<JpegEncoders, 'encode'>;
  readonly pictures$: (request: PictureRequest) => Observable<Picture>;
  /** The current masks; compared by identity. */
  readonly masks: () => Masks;
  /** A frame has been encoded this long after ffmpeg delivered it. */
  readonly onEncoded: (latencyMs: number) => void;
  /** A picture was not encoded, because a newer one replaced it or because the encoder failed for this reason. */
  readonly onDrop: (reason?: string) => void;
}

/** A camera's pictures as JPEG. Each picture is encoded once for all viewers of its size; the newest comes first. */
export class CameraJpegs {
  private readonly options: CameraJpegsOptions;
  private readonly byRequest = new Map<string, Observable<EncodedPicture>>();

  constructor(options: CameraJpegsOptions) {
    this.options = options;
  }

  /** Shared; the last JPEG is replayed to a new subscriber. */
  jpegs$(request: PictureRequest): Observable<EncodedPicture> {
    const key = `${request.heightPx} ${request.isMarked}`;
    let jpegs$ = this.byRequest.get(key);
    if (!jpegs$) {
      jpegs$ = this.encoded(request);
      this.byRequest.set(key, jpegs$);
    }
    return jpegs$;
  }

  private encoded(request: PictureRequest): Observable<EncodedPicture> {
    const { pictures$, masks: masksNow, onDrop } = this.options;
    return pictures$(request).pipe(
      tap((picture) => picture.retain()),
      map((picture) => ({ picture, masks: masksNow() })),
      conflateMap(
        ({ picture, masks }) => this.encode(picture, masks),
        ({ picture }) => {
          picture.release();
          onDrop();
        },
      ),
      filter((made) => made !== undefined),
      share({ connector: () => new ReplaySubject<MaskedJpeg>(1) }),
      // A JPEG with old masks must not be shown any more, nor be replayed to a new subscriber.
      filter(({ masks }) => masks === masksNow()),
      map(({ jpeg }) => jpeg),
    );
  }

  private async encode(picture: Picture, masks: Masks): Promise<MaskedJpeg | undefined> {
    const {
      camera,
      sequence,
      capturedMs,
      isRepeat = false,
      isOwnColor = false,
      isReduced = false,
      size,
    } = picture;
    try {
      const jpeg = picture.jpeg ?? (await this.options.encoders.encode(picture));
      if (!isRepeat) this.options.onEncoded(epochMs() - capturedMs);
      return { jpeg: { camera, sequence, capturedMs, isRepeat, isOwnColor, isReduced, size, jpeg }, masks };
    } catch (error) {
      this.options.onDrop(error instanceof Error ? error.message : String(error));
      return undefined;
    } finally {
      picture.release();
    }
  }
}
