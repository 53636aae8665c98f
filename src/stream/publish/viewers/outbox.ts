import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { ViewerLimits } from './viewer-limits.ts';

/**
 * Sends messages to one viewer. It never queues more than `bufferBytes`: if a picture finds no room, the caller decides
 * what to drop. Of text messages the newest of each key waits until there is room.
 */
export class Outbox {
  private readonly socket: WebSocket;
  private readonly tcp: Duplex;
  private readonly limits: ViewerLimits;
  private readonly nowMs: () => number;
  private readonly onRoom: () => void;
  private readonly texts = new Map<string, string>();
  private progressMs: number;

  /**
   * @param tcp - the socket of the upgrade request
   * @param onRoom - called when something has been sent
   */
  constructor(options: {
    socket: WebSocket;
    tcp: Duplex;
    limits: ViewerLimits;
    nowMs: () => number;
    onRoom?: () => void;
  }) {
    this.socket = options.socket;
    this.tcp = options.tcp;
    this.limits = options.limits;
    this.nowMs = options.nowMs;
    this.onRoom = options.onRoom ?? (() => undefined);
    this.progressMs = options.nowMs();
  }

  /** Bytes that wait in this process. */
  get bufferedBytes(): number {
    return this.socket.bufferedAmount;
  }

  /** How long nothing has been sent although something waits, ms; 0 if nothing waits. */
  get stalledMs(): number {
    return this.bufferedBytes === 0 ? 0 : this.nowMs() - this.progressMs;
  }

  /** Whether a binary message may be sent now. Waiting texts come first. */
  hasRoom(bytes: number): boolean {
    return this.texts.size === 0 && this.fits(bytes);
  }

  /** Sends a text now or as soon as there is room. It replaces a text that still waits under the same key. */
  putText(key: string, text: string): void {
    this.texts.delete(key);
    this.texts.set(key, text);
    this.sendTexts();
  }

  /** Discards a text that has not been sent. */
  dropText(key: string): void {
    this.texts.delete(key);
  }

  /**
   * Sends one binary message. All viewers share the body, which is not copied: head and body are two fragments of one
   * WebSocket message, and corking turns them into one write.
   * @param head - undefined: the body is the whole message
   * @param onFlushed - called when the kernel has accepted it, or the connection has ended
   */
  sendBinary(head: Uint8Array | undefined, body: Uint8Array, onFlushed?: () => void): void {
    this.markStart();
    this.tcp.cork();
    if (head !== undefined) this.socket.send(head, { binary: true, fin: false });
    this.socket.send(body, { binary: true, fin: true }, () => {
      onFlushed?.();
      this.flushed();
    });
    this.tcp.uncork();
  }

  private sendTexts(): void {
    for (const [key, text] of this.texts) {
      if (!this.fits(Buffer.byteLength(text))) return;
      this.texts.delete(key);
      this.markStart();
      this.socket.send(text, () => this.flushed());
    }
  }

  private fits(bytes: number): boolean {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    return this.bufferedBytes === 0 || this.bufferedBytes + bytes <= this.limits.bufferBytes;
  }

  private markStart(): void {
    if (this.bufferedBytes === 0) this.progressMs = this.nowMs();
  }

  private flushed(): void {
    this.progressMs = this.nowMs();
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.sendTexts();
    this.onRoom();
  }
}
