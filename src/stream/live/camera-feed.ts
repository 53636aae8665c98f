import type { Observable } from 'rxjs';
import type { CameraStatus } from '../../ingest/live/camera-status.ts';
import type { SizePx } from '../../frame.ts';
import type { Picture, PictureRequest } from './pictures/picture.ts';

/** One picture as JPEG. */
export interface EncodedPicture {
  readonly camera: string;
  readonly sequence: number;
  /** When ffmpeg had handed over the whole frame, ms since the epoch, with fractions. */
  readonly capturedMs: number;
  /** The last frame once more: see `Picture`. */
  readonly isRepeat?: boolean;
  /** The colour is the camera's own: the picture carries no synthetic mark. */
  readonly isOwnColor?: boolean;
  readonly size: SizePx;
  /** Never modified: many viewers share it. */
  readonly jpeg: Uint8Array;
}

/**
 * A camera as its publishers see it. Observables are shared: pictures are made and encoded once for all who want the
 * same, only while somebody is subscribed, and they do not complete while the camera is configured, whatever happens
 * to its connection. They complete when it is removed.
 */
export interface CameraFeed {
  readonly id: string;
  readonly status: CameraStatus;
  /** Each change of state at once, figures once a second; replays the last. */
  readonly status$: Observable<CameraStatus>;
  /** Coloured pictures, uncompressed. While the camera is lost a marked request gets one a second, with the OFFLINE card. */
  pictures$(request: PictureRequest): Observable<Picture>;
  /** Coloured pictures as JPEG; the last one is replayed to a new subscriber. */
  jpegs$(request: PictureRequest): Observable<EncodedPicture>;
  /** The uncoloured picture (luma with its masks), for the MPEG-1 tile; Cb and Cr are neutral. */
  originals$(request: { readonly heightPx: number }): Observable<Picture>;
}

/** All cameras that are configured. */
export interface CameraDirectory {
  readonly feeds: readonly CameraFeed[];
  feed(id: string): CameraFeed | undefined;
  /** Fires when a camera was added, changed or removed. */
  readonly changes$: Observable<void>;
  /** Everything below is for administrators. */
  /** Adds a camera until the program ends (the config file is not written). @throws {AppError} USAGE with every fault */
  add(id: string, settings: unknown): Promise<void>;
  remove(id: string): Promise<void>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
}
