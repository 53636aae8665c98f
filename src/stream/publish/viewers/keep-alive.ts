import { WebSocket } from 'ws';
import type { Outbox } from './outbox.ts';
import type { ViewerLimits } from './viewer-limits.ts';

/** How long the answer to a close frame may take. */
const closeMs = 1000;

/** Finds dead connections: half-open ones by ping and pong, stalled ones by bytes that are not sent. */
export class KeepAlive {
  private readonly socket: WebSocket;
  private readonly outbox: Outbox;
  private readonly limits: ViewerLimits;
  private readonly nowMs: () => number;
  private pingedMs: number;
  private isAnswered = true;
  private closingMs: number | undefined;

  constructor(options: { socket: WebSocket; outbox: Outbox; limits: ViewerLimits; nowMs: () => number }) {
    this.socket = options.socket;
    this.outbox = options.outbox;
    this.limits = options.limits;
    this.nowMs = options.nowMs;
    this.pingedMs = options.nowMs();
    this.socket.on('pong', () => {
      this.isAnswered = true;
    });
  }

  /**
   * Call it about every second.
   * @param onStalled - called if the viewer accepts no more bytes; it must end the streams and call `close`
   */
  sweep(onStalled: () => void): void {
    const now = this.nowMs();
    if (this.socket.readyState !== WebSocket.OPEN) {
      if (this.closingMs !== undefined && now - this.closingMs >= closeMs) this.socket.terminate();
      return;
    }
    if (this.outbox.stalledMs >= this.limits.stallMs) {
      onStalled();
      return;
    }
    if (now - this.pingedMs < this.limits.pingMs) return;
    // A ping waits after the pictures, so a late answer on a slow line proves nothing. The stall rule covers that case.
    if (!this.isAnswered && this.outbox.bufferedBytes === 0) {
      this.socket.terminate();
      return;
    }
    this.isAnswered = false;
    this.pingedMs = now;
    this.socket.ping();
  }

  /** Starts the closing handshake. If the viewer does not answer within a second, the next sweep cuts it. */
  close(code: number, reason: string): void {
    this.closingMs ??= this.nowMs();
    this.socket.close(code, reason);
  }
}
