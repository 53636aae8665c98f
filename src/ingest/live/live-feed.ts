import type { Observable } from 'rxjs';
import type { CameraState } from './camera-status.ts';
import type { SizePx } from '../../frame.ts';
import type { NutBuffer } from '../nut/demuxer.ts';

/** One frame of a live camera. */
export interface LiveFrame<T extends NutBuffer> {
  /**
   * Holds the luma, 8 bit, full range, rows without padding, and then the chroma if there is any; the receiver owns
   * it.
   */
  readonly buffer: T;
  /** Both sides are even. It may change between connections, never within one. */
  readonly size: SizePx;
  /** Counted from the start of the feed over all connections, including dropped frames. */
  readonly sequence: number;
  /** When the whole frame was read from ffmpeg, ms since the epoch, with fractions. */
  readonly capturedMs: number;
  /**
   * The 90th percentile of the saturation of the source's own colour, 0..181 (ffmpeg's SATHIGH), in the last second;
   * undefined until it is known.
   */
  readonly saturation: number | undefined;
  /** Cb and Cr (4:2:0, full range, BT.601) follow the luma in the buffer. */
  readonly hasChroma?: boolean;
  /** The feed reduces its frames, so the camera may have more lines than this frame. */
  readonly isReduced?: boolean;
}

/**
 * A camera's supervised connection. Its observables never complete by themselves; disposal ends ffmpeg and completes
 * both.
 */
export interface LiveFeed<T extends NutBuffer> extends AsyncDisposable {
  readonly frames$: Observable<LiveFrame<T>>;
  /** Replays the last state. */
  readonly state$: Observable<CameraState>;
  /** The source is known to be so small that reduced frames are whole. */
  readonly isSmall?: boolean;
  /** Where a film in place of a camera is now, seconds from its start; undefined for a camera. */
  readonly positionS?: number | undefined;
}

/** Buffers for frames. */
export interface LiveBuffers<T extends NutBuffer> {
  /** Returns a buffer whose `data` has this many bytes. Never waits. */
  readonly acquire: (bytes: number) => T;
  readonly release: (buffer: T) => void;
}
