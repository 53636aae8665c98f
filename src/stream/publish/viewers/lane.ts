import type { Metrics } from '../../live/metrics.ts';
import type { Outbox } from './outbox.ts';
import type { StreamRequest } from '../protocol.ts';
import type { Turn } from './rotation.ts';

/** One camera on its way to one viewer; open from construction to disposal. */
export interface Lane extends Turn, Disposable {
  readonly request: StreamRequest;
}

/** What a lane works with. */
export interface LaneContext {
  readonly request: StreamRequest;
  readonly outbox: Outbox;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
  /** Called when the lane has something to hand over. */
  readonly onReady: () => void;
  /** Called once when the camera's stream fails, which it should not. */
  readonly onError: (error: unknown) => void;
}
