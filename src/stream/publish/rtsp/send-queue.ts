import type { Writable } from 'node:stream';

export interface SendQueueOptions {
  /** Bytes that may wait; pictures beyond it are dropped, replies beyond it close the connection. */
  readonly capBytes: number;
  /** The peer has taken nothing for this long: it is given up. */
  readonly stallMs: number;
  /** Pictures that were dropped. */
  readonly onDrop: (count: number) => void;
  /** The peer takes nothing any more. */
  readonly onStall: () => void;
}

interface Entry {
  readonly bytes: Uint8Array;
  readonly isPicture: boolean;
}

/** Small enough that a slow peer is seen to take one now and then. */
const pieceBytes = 65_536;

/**
 * What waits to be sent over one connection, bounded. When the bytes pass the cap, all whole pictures that were not
 * begun are dropped and so is everything until the next keyframe: a slow reader loses pictures, never parts of one,
 * and is near the present again when it goes on.
 */
export class SendQueue implements Disposable {
  private readonly socket: Writable;
  private readonly options: SendQueueOptions;
  private entries: Entry[] = [];
  private waitingBytes = 0;
  /** starting: nothing was sent yet, so that what is passed over is no loss. */
  private state: 'starting' | 'flowing' | 'dropping' = 'starting';
  private isSending = false;
  private isClosed = false;
  private onSent: (() => void) | undefined;
  private stallTimer: NodeJS.Timeout | undefined;

  constructor(socket: Writable, options: SendQueueOptions) {
    this.socket = socket;
    this.options = options;
  }

  /** Bytes that wait, those under way included. */
  get backlogBytes(): number {
    return this.waitingBytes;
  }

  /** The next picture that is sent will be a keyframe. */
  restart(): void {
    this.state = 'starting';
  }

  /** Sends a whole picture or drops it. @param pack - makes its bytes; not called when it is dropped */
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

  /** Sends what must not be lost. */
  sendReply(bytes: Uint8Array): void {
    if (this.isClosed) return;
    // Only a peer that asks and asks and reads nothing comes here.
    if (this.waitingBytes > 2 * this.options.capBytes) this.options.onStall();
    else this.push({ bytes, isPicture: false });
  }

  /** Calls back once when nothing waits. */
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

  /** Everything that waits behind the entry under way, but for replies. */
  private dropWaiting(): void {
    const dropped = this.entries.filter((entry) => entry.isPicture);
    this.entries = this.entries.filter((entry) => !entry.isPicture);
    this.waitingBytes -= dropped.reduce((sum, entry) => sum + entry.bytes.length, 0);
    if (dropped.length > 0) this.options.onDrop(dropped.length);
    if (this.state === 'flowing') this.state = 'dropping';
  }
}
