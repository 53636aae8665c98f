/** Types of live cameras that ingest, the pipeline and the server share. */
import type { SizePx } from '../../frame.ts';

/** The state of a camera's connection. Times are milliseconds since the epoch. */
export type CameraState =
  | { readonly kind: 'connecting'; readonly sinceMs: number }
  | { readonly kind: 'live'; readonly sinceMs: number }
  /** Connected, but no frame has come for longer than the stall timer allows; the connection is about to be closed. */
  | { readonly kind: 'stalled'; readonly sinceMs: number; readonly lastFrameMs: number }
  /** Lost; the next attempt starts at `retryMs`. */
  | {
      readonly kind: 'reconnecting';
      readonly sinceMs: number;
      readonly retryMs: number;
      readonly attempt: number;
      /** With credentials removed. */
      readonly reason: string;
    }
  /** Lost for longer than `offlineAfterMs`; Chromafeed keeps reconnecting. */
  | {
      readonly kind: 'offline';
      /** When the last frame came, or the first attempt was made if none came. */
      readonly sinceMs: number;
      readonly retryMs: number;
      readonly attempt: number;
      readonly reason: string;
    }
  /** The camera rejects the user or the password; the next attempt starts at `retryMs`, minutes later. */
  | {
      readonly kind: 'refused';
      readonly sinceMs: number;
      readonly retryMs: number;
      readonly attempt: number;
      /** With credentials removed. */
      readonly reason: string;
    }
  /** Nobody watches, and the config asks for no connection then (`unwatched: off`); it opens when a viewer comes. */
  | { readonly kind: 'idle'; readonly sinceMs: number }
  /** Paused by the config or by a user. */
  | { readonly kind: 'disabled'; readonly sinceMs: number };

/** Why a frame was not shown to a viewer. */
export type DropCause =
  /** The machine was busy: a newer frame replaced it before it was coloured. */
  | 'busy'
  /** The encoder of a size was busy: a newer picture replaced it. */
  | 'encoder'
  /** A viewer was slow: a newer picture replaced it before it was sent. */
  | 'viewer'
  /** Above the camera's `fps` limit, or from a source that sends too fast. */
  | 'rate'
  /** Incomplete, or of another size than the stream announced. */
  | 'damaged';

export const dropCauses: readonly DropCause[] = ['busy', 'encoder', 'viewer', 'rate', 'damaged'];

/** What viewers learn about a camera: plain data without credentials. */
export interface CameraStatus {
  readonly id: string;
  readonly name: string;
  readonly state: CameraState;
  /** The camera sees by infrared (or in the dark): there is no colour, or that of the last daylight. */
  readonly isNight: boolean;
  /** What the picture shows at night. */
  readonly nightShows: 'gray' | 'background' | 'color';
  /** The picture shows the camera's own colour; nothing in it is synthetic. */
  readonly isOwnColor?: boolean;
  /** Size of the pictures from the camera; undefined before the first one. */
  readonly size: SizePx | undefined;
  /** Frames per second from ffmpeg, over the last seconds. */
  readonly fpsIn: number;
  /** Frames per second that were coloured. */
  readonly fpsOut: number;
  /** Answers of the network per second. */
  readonly answersPerS: number;
  /** Time from ffmpeg's frame to the encoded picture, median of the last seconds; undefined without a viewer. */
  readonly latencyMs: number | undefined;
  readonly dropped: Readonly<Record<DropCause, number>>;
  readonly reconnects: number;
  readonly model: { readonly name: string; readonly version: number };
  /** Viewers may watch the original as MPEG-1 (jsmpeg). */
  readonly hasOriginal: boolean;
  /** The camera is republished over RTSP under this path. */
  readonly rtspPath: string | undefined;
  /** The machine that has the camera, if several share the cameras. */
  readonly machine?: string;
}
