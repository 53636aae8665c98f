import type { Observable } from 'rxjs';
import type { CameraStatus } from '../../ingest/live/camera-status.ts';
import type { SizePx } from '../../frame.ts';
import type { CameraConfig } from '../../config/schema.ts';
import type { Picture, PictureRequest } from './pictures/picture.ts';

/** One picture as JPEG. */
export interface EncodedPicture {
  readonly camera: string;
  readonly sequence: number;
  /** When ffmpeg had delivered the whole frame, ms since the epoch, with fractions. */
  readonly capturedMs: number;
  /** This is the last frame again: see `Picture`. */
  readonly isRepeat?: boolean;
  /** The colour is the camera's own, so the picture carries no synthetic mark. */
  readonly isOwnColor?: boolean;
  /** It has fewer lines than were asked for; larger ones follow soon. */
  readonly isReduced?: boolean;
  readonly size: SizePx;
  /** Do not modify it: many viewers share it. */
  readonly jpeg: Uint8Array;
}

/**
 * A camera as its publishers see it. Observables are shared: each picture is made and encoded once for all who ask for
 * the same, and only while there are subscribers. They complete when the camera is removed from the config, not when
 * its connection ends.
 */
export interface CameraFeed {
  readonly id: string;
  readonly status: CameraStatus;
  /** Emits each change of state immediately and the figures once per second. Replays the last status. */
  readonly status$: Observable<CameraStatus>;
  /**
   * Coloured pictures, uncompressed, never `isReduced`. While the camera is lost, a marked request gets one picture a second, with the
   * OFFLINE card.
   */
  pictures$(request: PictureRequest): Observable<Picture>;
  /** Coloured pictures as JPEG; the first may be `isReduced`. A new subscriber gets the last one first. */
  jpegs$(request: PictureRequest): Observable<EncodedPicture>;
  /** The picture without colour (luma with its masks), for the MPEG-1 tile. Cb and Cr are neutral. */
  originals$(request: { readonly heightPx: number }): Observable<Picture>;
}

/** The settings of a camera that administrators may override. */
export type CameraOverrides = Pick<CameraConfig, 'masks' | 'liveliness'>;

/** All cameras of the config. */
export interface CameraDirectory {
  readonly feeds: readonly CameraFeed[];
  feed(id: string): CameraFeed | undefined;
  /** Fires when a camera was added, changed or removed. */
  readonly changes$: Observable<void>;
  /** The methods below are for administrators. */
  /**
   * Adds a camera until the program ends. It does not write the config file. @throws {AppError} USAGE that lists every
   * fault
   */
  add(id: string, settings: unknown): Promise<void>;
  remove(id: string): Promise<void>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** The present value of each setting that administrators may override, for a camera that exists. */
  overridable(id: string): CameraOverrides;
  /** Sets some of them. They replace the config's values, also after the config is read again. */
  override(id: string, settings: Partial<CameraOverrides>): Promise<void>;
}
