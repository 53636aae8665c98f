import { WebSocket } from 'ws';
import type { Outbox } from './outbox.ts';
import type { ViewerLimits } from './viewer-limits.ts';

/** How long a close frame may take to be answered. */
const closeMs = 1000;

/** Finds connections that are dead: half-open ones by ping and pong, stalled ones by bytes that do not go out. */
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
   * To be called every second or so.
   * @param onStalled - called when the viewer takes nothing: to end what it watches, and `close`
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
    // A ping waits behind the pictures: on a slow line its answer proves nothing, and the rule above holds.
    if (!this.isAnswered && this.outbox.bufferedBytes === 0) {
      this.socket.terminate();
      return;
    }
    this.isAnswered = false;
    this.pingedMs = now;
    this.socket.ping();
  }

  /** Begins the closing handshake; a viewer that does not answer it within a second is cut by the next sweep. */
  close(code: number, reason: string): void {
    this.closingMs ??= this.nowMs();
    this.socket.close(code, reason);
  }
}
