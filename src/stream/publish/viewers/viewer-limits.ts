/** What one viewer may hold up, and for how long. */
export interface ViewerLimits {
  /** Bytes that wait in the process for a viewer's socket; above it newer pictures replace older ones. */
  readonly bufferBytes: number;
  /** Nothing of what waits has gone out for so long: the viewer is closed (1013). */
  readonly stallMs: number;
  /** Time between two pings; a viewer with nothing waiting that has not answered the last one is cut. */
  readonly pingMs: number;
  /** Time between two looks at all viewers. */
  readonly sweepMs: number;
  /** Messages a second from a viewer; twice as many at once. */
  readonly messagesPerSecond: number;
  /** Unreadable or too many messages, after which a viewer is closed (1008). */
  readonly badMessages: number;
  /** WebSocket upgrades that one address may ask for. */
  readonly upgradesPerMinute: number;
}

export const viewerLimits: ViewerLimits = {
  bufferBytes: 1_000_000,
  stallMs: 30_000,
  pingMs: 15_000,
  sweepMs: 1000,
  messagesPerSecond: 20,
  badMessages: 10,
  upgradesPerMinute: 120,
};
