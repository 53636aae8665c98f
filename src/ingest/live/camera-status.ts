/** Types of live cameras that ingest, the pipeline and the server share. */
import type { SizePx } from '../../frame.ts';

/** What a camera's connection is doing. Times are milliseconds since the epoch. */
export type CameraState =
  | { readonly kind: 'connecting'; readonly sinceMs: number }
  | { readonly kind: 'live'; readonly sinceMs: number }
  /** Connected, but no frame came for longer than the stall timer; the connection is being given up. */
  | { readonly kind: 'stalled'; readonly sinceMs: number; readonly lastFrameMs: number }
  /** Lost; the next attempt starts at `retryMs`. */
  | {
      readonly kind: 'reconnecting';
      readonly sinceMs: number;
      readonly retryMs: number;
      readonly attempt: number;
      /** Redacted. */
      readonly reason: string;
    }
  /** Lost for longer than `offlineAfterMs`; Chromafeed keeps reconnecting. */
  | {
      readonly kind: 'offline';
      /** When the last frame came, or the first attempt was made. */
      readonly sinceMs: number;
      readonly retryMs: number;
      readonly attempt: number;
      readonly reason: string;
    }
  /** The camera refuses the user or the password; the next attempt starts at `retryMs`, minutes later. */
  | {
      readonly kind: 'refused';
      readonly sinceMs: number;
      readonly retryMs: number;
      readonly attempt: number;
      /** Redacted. */
      readonly reason: string;
    }
  /** Paused by the config or by a user. */
  | { readonly kind: 'disabled'; readonly sinceMs: number };

/** Why a frame was not shown to somebody. */
export type DropCause =
  /** The machine was busy: a newer frame replaced it before it was coloured. */
  | 'busy'
  /** The encoder of a size was busy: a newer picture replaced it. */
  | 'encoder'
  /** A viewer was slow: a newer picture replaced it in the viewer's mailbox. */
  | 'viewer'
  /** Beyond the camera's `fps` cap, or a source that runs away. */
  | 'rate'
  /** Cut off or of another size than the stream said. */
  | 'damaged';

export const dropCauses: readonly DropCause[] = ['busy', 'encoder', 'viewer', 'rate', 'damaged'];

/** What a viewer is told of a camera; plain data, free of credentials. */
export interface CameraStatus {
  readonly id: string;
  readonly name: string;
  readonly state: CameraState;
  /** The camera sees by infrared (or in the dark): colour is off or the last daylight's. */
  readonly isNight: boolean;
  /** What is shown at night. */
  readonly nightShows: 'gray' | 'background' | 'color';
  /** The picture shows the camera's own colour, and nothing in it is synthetic. */
  readonly isOwnColor?: boolean;
  /** Size of the pictures that ingest delivers; undefined before the first. */
  readonly size: SizePx | undefined;
  /** Frames a second from ffmpeg, over the last seconds. */
  readonly fpsIn: number;
  /** Frames a second that were coloured. */
  readonly fpsOut: number;
  /** Answers of the network a second. */
  readonly answersPerS: number;
  /** ffmpeg's frame out to picture encoded, median of the last seconds; undefined without a viewer. */
  readonly latencyMs: number | undefined;
  readonly dropped: Readonly<Record<DropCause, number>>;
  readonly reconnects: number;
  readonly model: { readonly name: string; readonly version: number };
  /** The original may be watched as MPEG-1 (jsmpeg). */
  readonly hasOriginal: boolean;
  /** Republished by RTSP under this path. */
  readonly rtspPath: string | undefined;
}
