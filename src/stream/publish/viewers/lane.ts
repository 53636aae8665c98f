import type { Metrics } from '../../live/metrics.ts';
import type { Outbox } from './outbox.ts';
import type { StreamRequest } from '../protocol.ts';
import type { Turn } from './rotation.ts';

/** Sends one camera to one viewer, from construction to disposal. */
export interface Lane extends Turn, Disposable {
  readonly request: StreamRequest;
}

/** What a lane is made from. */
export interface LaneContext {
  readonly request: StreamRequest;
  readonly outbox: Outbox;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
  /** Called when the lane has something to send. */
  readonly onReady: () => void;
  /** Called once if the camera's stream fails by a defect. */
  readonly onError: (error: unknown) => void;
}
