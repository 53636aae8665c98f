import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Metrics } from '../live/metrics.ts';
import type { Principal } from './server/access/grants.ts';
import type { Hub } from './viewers/hub.ts';
import type { PublisherOptions } from './publisher-options.ts';
import type { CurrentConfig } from './server/current-config.ts';
import type { ViewerLimits } from './viewers/viewer-limits.ts';
import type { VisibleCameras } from './server/access/visible-cameras.ts';

/** What all parts of a publisher share. */
export interface PublishContext {
  readonly options: PublisherOptions;
  readonly metrics: Metrics;
  readonly settings: CurrentConfig;
  readonly cameras: VisibleCameras;
  readonly hub: Hub;
  readonly limits: ViewerLimits;
  readonly nowMs: () => number;
}

/** What a WebSocket viewer is made from. */
export interface ViewerContext extends PublishContext {
  readonly principal: Principal;
  readonly address: string;
  readonly socket: WebSocket;
  /** The TCP or TLS socket below. */
  readonly tcp: Duplex;
  /** Whether the visible mark is drawn into JPEGs, if the config wants one: another machine relays them to strangers. */
  readonly isForStrangers?: boolean;
}
