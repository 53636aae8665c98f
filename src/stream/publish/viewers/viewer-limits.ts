/** Limits for one viewer. */
export interface ViewerLimits {
  /** Bytes that may wait for a viewer's socket. Above this, newer pictures replace older ones. */
  readonly bufferBytes: number;
  /** If nothing of what waits has been sent for this long, the viewer is closed (1013). */
  readonly stallMs: number;
  /** Time between two pings. A viewer that did not answer the last one, with nothing waiting, is cut. */
  readonly pingMs: number;
  /** Time between two checks of all viewers. */
  readonly sweepMs: number;
  /** Messages per second from a viewer; twice as many in a burst. */
  readonly messagesPerSecond: number;
  /** After this many malformed or excess messages a viewer is closed (1008). */
  readonly badMessages: number;
  /** How many WebSocket upgrades one address may ask for. */
  readonly upgradesPerMinute: number;
  /** How many connections one address may have. */
  readonly connectionsPerAddress: number;
  /** How many wrong tokens one address may send before all of its tokens are refused. */
  readonly wrongTokensPerMinute: number;
}

export const viewerLimits: ViewerLimits = {
  bufferBytes: 1_000_000,
  stallMs: 30_000,
  pingMs: 15_000,
  sweepMs: 1000,
  messagesPerSecond: 20,
  badMessages: 10,
  upgradesPerMinute: 120,
  connectionsPerAddress: 128,
  wrongTokensPerMinute: 10,
};
