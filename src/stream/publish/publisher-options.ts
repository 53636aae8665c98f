import type { Observable } from 'rxjs';
import type { SizePx } from '../../frame.ts';
import type { Metrics } from '../live/metrics.ts';
import type { SyntheticMark } from '../synthetic-mark.ts';
import type { CameraDirectory, CameraFeed } from '../live/camera-feed.ts';
import type { Logger } from '../../log/log.ts';
import type { PublishConfig } from './server/current-config.ts';
import type { VideoStream } from './video/video-stream.ts';
import type { ViewerLimits } from './viewers/viewer-limits.ts';

/** A camera's uncoloured picture as MPEG-1 in MPEG-TS, for jsmpeg players. Shared; made only while somebody watches. */
export interface OriginalStream {
  readonly chunks$: Observable<Uint8Array>;
  /** Of the MPEG-1 picture; undefined while it is not known. */
  readonly size?: SizePx | undefined;
}

/** Whether the program can do its work; `why` has a sentence for each thing that is missing. */
export interface Readiness {
  readonly ok: boolean;
  readonly why: readonly string[];
}

/** What the publisher is built from. */
export interface PublisherOptions extends PublishConfig {
  readonly cameras: CameraDirectory;
  readonly metrics: Metrics;
  readonly videoOf: (feed: CameraFeed) => VideoStream;
  /** Undefined for a camera that does not offer its original. */
  readonly originalOf: (feed: CameraFeed) => OriginalStream | undefined;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  readonly isReady: () => Readiness;
  /** The program and the default model; a camera's own model takes the latter's place in its pictures. */
  readonly mark: SyntheticMark;
  /** Folders with the dashboard's files; the first that has a file gives it. */
  readonly dashboardDirs: readonly string[];
  /** Named to administrators who add a camera, which is not written there. */
  readonly configPath?: string | undefined;
  /** Other bounds than the documented ones. */
  readonly limits?: Partial<ViewerLimits>;
  /** The clock of sessions, limits and latency, ms since the epoch. */
  readonly nowMs?: () => number;
}
