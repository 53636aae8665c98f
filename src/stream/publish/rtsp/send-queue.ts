import type { Writable } from 'node:stream';

export interface SendQueueOptions {
  /** Bytes that may wait. Above this, pictures are dropped; at twice this, a reply closes the connection. */
  readonly capBytes: number;
  /** If the peer accepts no bytes for this long, the connection is closed. */
  readonly stallMs: number;
  /** Pictures were dropped. */
  readonly onDrop: (count: number) => void;
  /** The peer no longer accepts bytes. */
  readonly onStall: () => void;
}

interface Entry {
  readonly bytes: Uint8Array;
  readonly isPicture: boolean;
}

/** Small enough that even a slow peer finishes one now and then. */
const pieceBytes = 65_536;

/**
 * The bounded send queue of one connection. When more bytes wait than the cap allows, all pictures that have not started
 * are dropped, and more up to the next keyframe. A slow reader loses whole pictures, never parts of one, and is close to
 * the present when it continues.
 */
export class SendQueue implements Disposable {
  private readonly socket: Writable;
  private readonly options: SendQueueOptions;
  private entries: Entry[] = [];
  private waitingBytes = 0;
  /** starting: nothing was sent yet, so skipped pictures do not count as dropped. */
  private state: 'starting' | 'flowing' | 'dropping' = 'starting';
  private isSending = false;
  private isClosed = false;
  private onSent: (() => void) | undefined;
  private stallTimer: NodeJS.Timeout | undefined;

  constructor(socket: Writable, options: SendQueueOptions) {
    this.socket = socket;
    this.options = options;
  }

  /** Bytes that wait, including those being sent. */
  get backlogBytes(): number {
    return this.waitingBytes;
  }

  /** Makes the next picture that is sent a keyframe. */
  restart(): void {
    this.state = 'starting';
  }

  /** Sends a whole picture or drops it. @param pack - makes its bytes; not called if the picture is dropped */
  sendPicture(isKeyframe: boolean, pack: () => Uint8Array): void {
    if (this.isClosed) return;
    if (this.waitingBytes > this.options.capBytes) this.dropWaiting();
    const isFull = this.waitingBytes > this.options.capBytes;
    if (isFull || (this.state !== 'flowing' && !isKeyframe)) {
      if (this.state !== 'starting') this.options.onDrop(1);
      return;
    }
    this.state = 'flowing';
    this.push({ bytes: pack(), isPicture: true });
  }

  /** Sends a message that must not be dropped. */
  sendReply(bytes: Uint8Array): void {
    if (this.isClosed) return;
    // Only a peer that keeps sending requests without reading the replies gets here.
    if (this.waitingBytes > 2 * this.options.capBytes) this.options.onStall();
    else this.push({ bytes, isPicture: false });
  }

  /** Calls back once nothing waits any more. */
  whenSent(callback: () => void): void {
    this.onSent = callback;
    if (!this.isSending) callback();
  }

  [Symbol.dispose](): void {
    this.isClosed = true;
    this.onSent = undefined;
    this.entries = [];
    clearTimeout(this.stallTimer);
  }

  private push(entry: Entry): void {
    this.entries.push(entry);
    this.waitingBytes += entry.bytes.length;
    if (!this.isSending) this.sendNext();
  }

  private sendNext(): void {
    const entry = this.entries.shift();
    this.isSending = entry !== undefined;
    if (entry) this.sendPiece(entry.bytes, 0);
    else this.onSent?.();
  }

  private sendPiece(bytes: Uint8Array, offset: number): void {
    const piece = bytes.subarray(offset, offset + pieceBytes);
    this.stallTimer = setTimeout(this.options.onStall, this.options.stallMs);
    this.socket.write(piece, () => {
      clearTimeout(this.stallTimer);
      if (this.isClosed) return;
      this.waitingBytes -= piece.length;
      if (offset + piece.length < bytes.length) this.sendPiece(bytes, offset + piece.length);
      else this.sendNext();
    });
  }

  /** Drops every picture that has not started; replies stay. */
  private dropWaiting(): void {
    const dropped = this.entries.filter((entry) => entry.isPicture);
    this.entries = this.entries.filter((entry) => !entry.isPicture);
    this.waitingBytes -= dropped.reduce((sum, entry) => sum + entry.bytes.length, 0);
    if (dropped.length > 0) this.options.onDrop(dropped.length);
    if (this.state === 'flowing') this.state = 'dropping';
  }
}
