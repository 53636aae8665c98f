import { Backoff, viewerBackoff } from '../../ingest/live/backoff.ts';
import { decodeMessage } from '../publish/protocol.ts';
import type { ClientMessage, PictureHeader, ServerMessage, StreamRequest } from '../publish/protocol.ts';
import { createClockOffset } from './logic/clock-offset.ts';
import { parseServerMessage } from './logic/server-message.ts';

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  /** The next attempt starts at `retryMs`, by the browser's clock. */
  | { readonly kind: 'lost'; readonly retryMs: number }
  | { readonly kind: 'signed-out'; readonly retryMs: number };

export interface ConnectionListener {
  onState(state: ConnectionState): void;
  onMessage(message: ServerMessage): void;
  onPicture(header: PictureHeader, payload: Uint8Array<ArrayBuffer>): void;
}

const askEveryMs = 5000;
/** If a `time` message is not answered within this time, the connection is dead. TCP may notice only minutes later. */
const silenceMs = 12_000;

/** The WebSocket to the server. It keeps reconnecting, compares clocks, and asks again for what was watched. */
export class Connection {
  readonly #listener: ConnectionListener;
  readonly #backoff = new Backoff({ ...viewerBackoff, random: Math.random });
  #clock = createClockOffset();
  #socket: WebSocket | undefined;
  #streams: readonly StreamRequest[] = [];
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #pendingAsk: { readonly id: number; readonly sentMs: number } | undefined;
  #asks = 0;
  /** When the server answered first on this connection; undefined before. */
  #answeredMs: number | undefined;

  constructor(listener: ConnectionListener) {
    this.#listener = listener;
    setInterval(() => this.#keepAlive(), askEveryMs);
    addEventListener('online', () => this.retryNow());
  }

  /** The server's clock, ms since the epoch; undefined before the first comparison. */
  serverNowMs(): number | undefined {
    const { offsetMs } = this.#clock;
    return offsetMs === undefined ? undefined : Date.now() + offsetMs;
  }

  /** Asks for pictures. Replaces the last request, and is repeated after a reconnection. */
  watch(streams: readonly StreamRequest[]): void {
    if (JSON.stringify(streams) === JSON.stringify(this.#streams)) return;
    this.#streams = streams;
    this.#send({ type: 'watch', streams });
  }

  /** Connects now instead of waiting for the next attempt. Does nothing while connected. */
  retryNow(): void {
    if (this.#socket !== undefined) return;
    clearTimeout(this.#retryTimer);
    this.#connect();
  }

  #connect(): void {
    this.#listener.onState({ kind: 'connecting' });
    const address = new URL('ws', document.baseURI);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    let wasOpen = false;
    socket.addEventListener('open', () => {
      wasOpen = true;
      if (socket === this.#socket) this.#opened();
    });
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (socket === this.#socket) this.#receive(data);
    });
    socket.addEventListener('close', () => {
      if (socket === this.#socket) this.#lost(wasOpen);
    });
  }

  #opened(): void {
    this.#clock = createClockOffset();
    this.#pendingAsk = undefined;
    this.#ask();
    this.#send({ type: 'watch', streams: this.#streams });
    this.#listener.onState({ kind: 'open' });
  }

  #receive(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      const message = decodeMessage(data);
      if (message !== undefined) this.#listener.onPicture(message.header, message.payload);
      return;
    }
    const message = parseServerMessage(data);
    if (message?.type === 'time') this.#answered(message);
    else if (message !== undefined) this.#listener.onMessage(message);
  }

  #lost(wasOpen: boolean): void {
    this.#socket = undefined;
    const nowMs = performance.now();
    if (this.#answeredMs !== undefined) this.#backoff.lived(nowMs - this.#answeredMs);
    this.#answeredMs = undefined;
    const waitMs = this.#backoff.nextMs(nowMs);
    const retryMs = Date.now() + waitMs;
    this.#retryTimer = setTimeout(() => this.#connect(), waitMs);
    this.#listener.onState({ kind: 'lost', retryMs });
    if (!wasOpen) void this.#askWhetherSignedOut(retryMs);
  }

  // A WebSocket does not say why it was refused; plain HTTP does.
  async #askWhetherSignedOut(retryMs: number): Promise<void> {
    const status = await fetch(new URL('api/cameras', document.baseURI), { cache: 'no-store' }).then(
      (response) => response.status,
      () => undefined, // no server at all
    );
    if (status === 401 && this.#socket === undefined) this.#listener.onState({ kind: 'signed-out', retryMs });
  }

  #keepAlive(): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (this.#pendingAsk === undefined) this.#ask();
    else if (Date.now() - this.#pendingAsk.sentMs > silenceMs) {
      socket.close(); // its `close` event may take minutes: continue without it
      this.#lost(true);
    }
  }

  #ask(): void {
    this.#pendingAsk = { id: ++this.#asks, sentMs: Date.now() };
    this.#send({ type: 'time', id: this.#asks });
  }

  #answered(answer: { readonly id: number; readonly serverMs: number }): void {
    if (answer.id !== this.#pendingAsk?.id) return;
    this.#clock.add(this.#pendingAsk.sentMs, answer.serverMs, Date.now());
    this.#pendingAsk = undefined;
    this.#answeredMs ??= performance.now();
  }

  #send(message: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
