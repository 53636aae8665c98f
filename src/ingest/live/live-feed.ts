import type { Observable } from 'rxjs';
import type { CameraState } from './camera-status.ts';
import type { SizePx } from '../../frame.ts';
import type { NutBuffer } from '../nut/demuxer.ts';

/** One frame of a live camera. */
export interface LiveFrame<T extends NutBuffer> {
  /** Holds the luma, 8 bit, full range, rows without padding, then the chroma if there is any; the receiver owns it. */
  readonly buffer: T;
  /** Even sides. May change from one connection to the next, never within one. */
  readonly size: SizePx;
  /** Counted from the feed's start, over all connections; frames that were dropped here count. */
  readonly sequence: number;
  /** When the whole frame had been read from ffmpeg, ms since the epoch, with fractions. */
  readonly capturedMs: number;
  /** The 90th percentile of the saturation of the source's own colour, 0..181 (ffmpeg's SATHIGH), of the last second; undefined before it is known. */
  readonly saturation: number | undefined;
  /** Cb and Cr (4:2:0, full range, BT.601) follow the luma in the buffer. */
  readonly hasChroma?: boolean;
}

/** A camera's supervised connection. Frames and states never end by themselves; disposal ends ffmpeg and completes both. */
export interface LiveFeed<T extends NutBuffer> extends AsyncDisposable {
  readonly frames$: Observable<LiveFrame<T>>;
  /** Replays the last one. */
  readonly state$: Observable<CameraState>;
}

/** What frames are read into. */
export interface LiveBuffers<T extends NutBuffer> {
  /** Gives a buffer whose `data` has this many bytes. Never waits. */
  readonly acquire: (bytes: number) => T;
  readonly release: (buffer: T) => void;
}
