import type { Observable } from 'rxjs';
import type { SizePx } from '../../frame.ts';
import type { Metrics } from '../live/metrics.ts';
import type { SyntheticMark } from '../synthetic-mark.ts';
import type { CameraDirectory, CameraFeed } from '../live/camera-feed.ts';
import type { Logger } from '../../log/log.ts';
import type { PeerAccess } from './peer-access.ts';
import type { AddressCounter } from './server/access/address-counter.ts';
import type { FilmsView } from './films-view.ts';
import type { SharedSessions } from './server/access/sessions.ts';
import type { PublishConfig } from './server/current-config.ts';
import type { VideoStream } from './video/video-stream.ts';
import type { ViewerLimits } from './viewers/viewer-limits.ts';

/** A camera's original gray picture as MPEG-1 in MPEG-TS, for jsmpeg players. Shared; encoded only while watched. */
export interface OriginalStream {
  readonly chunks$: Observable<Uint8Array>;
  /** Size of the MPEG-1 picture; undefined until it is known. */
  readonly size?: SizePx | undefined;
}

/** Whether the program can do its work. `why` has one sentence for each thing that is missing. */
export interface Readiness {
  readonly ok: boolean;
  readonly why: readonly string[];
}

/** What the publisher is made from. */
export interface PublisherOptions extends PublishConfig {
  readonly cameras: CameraDirectory;
  readonly metrics: Metrics;
  /** @param heightPx - requested height; few heights are encoded */
  readonly videoOf: (feed: CameraFeed, heightPx: number) => VideoStream;
  /** Undefined if the camera does not publish its original. */
  readonly originalOf: (feed: CameraFeed) => OriginalStream | undefined;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  readonly isReady: () => Readiness;
  /** The program and the default model. A camera with its own model names that one in its pictures. */
  readonly mark: SyntheticMark;
  /** Folders with the dashboard's files. If two have the same file, the first one wins. */
  readonly dashboardDirs: readonly string[];
  /** Shown to administrators who add a camera; the program never writes this file. */
  readonly configPath?: string | undefined;
  /** The queue of films, for those who may read metrics. Default: it is not shown. */
  readonly films?: FilmsView | undefined;
  /** Where sessions are stored. Default: nowhere, so that a restart ends them. */
  readonly sessionFile?: string | undefined;
  /** Other machines that share the cameras. Default: there are none. */
  readonly peers?: PeerAccess | undefined;
  /** Sessions that other machines know too. Default: none. */
  readonly sharedSessions?: SharedSessions | undefined;
  /** Counts wrong tokens by address; shared with the RTSP server. Default: a new one. */
  readonly wrongTokens?: AddressCounter | undefined;
  /** Replaces some of the default limits. */
  readonly limits?: Partial<ViewerLimits>;
  /** The clock of sessions, limits and latency, ms since the epoch. */
  readonly nowMs?: () => number;
}
