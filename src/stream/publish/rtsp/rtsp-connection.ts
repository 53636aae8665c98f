import type { Socket } from 'node:net';
import { RequestHandler, type RtspAnswer, type HandlerContext } from './request-handler.ts';
import { formatReply, type RtspItem, type RtspReply } from './rtsp-message.ts';
import { RtspParser } from './rtsp-parser.ts';
import { SendQueue } from './send-queue.ts';

/** Time limits and bounds of a connection. */
export interface RtspLimits {
  /** How long a TLS handshake may take, ms. */
  readonly tlsMs: number;
  /** From the connection to a successful SETUP, ms. */
  readonly handshakeMs: number;
  /** How long a session that does not play survives without a request, ms. */
  readonly sessionMs: number;
  /** How long DESCRIBE waits for a keyframe, ms. */
  readonly describeMs: number;
  /** A reader that accepts no bytes for this long is closed, ms. */
  readonly stallMs: number;
  /** How long sending the last bytes, or the client's disconnection after BYE, may take, ms. */
  readonly lingerMs: number;
  /** Bytes that may wait for a reader before pictures are dropped. */
  readonly backlogBytes: number;
}

export interface RtspConnectionOptions extends Pick<HandlerContext, 'authenticate' | 'findMount'> {
  readonly socket: Socket;
  readonly limits: RtspLimits;
  /** Pictures of a path were dropped because the reader is slow. */
  readonly onDrop: (path: string, count: number) => void;
  /** A request failed by a defect of the server or of `authenticate`. */
  readonly onFault: (error: unknown) => void;
  /** The connection is closed, for this reason. */
  readonly onClose: (reason: string) => void;
}

/** How many requests may wait while one is being answered. */
const maxWaiting = 16;

/** One client's connection: reads requests, answers them in order, and sends pictures between the answers. */
export class RtspConnection implements Disposable {
  private readonly options: RtspConnectionOptions;
  private readonly parser = new RtspParser();
  private readonly queue: SendQueue;
  private readonly handler: RequestHandler;
  private readonly gone = new AbortController();
  private readonly waiting: RtspItem[] = [];
  private isAnswering = false;
  /** The connection is about to close, so requests start nothing new. */
  private isEnding = false;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(options: RtspConnectionOptions) {
    this.options = options;
    const { socket, limits, authenticate, findMount } = options;
    this.queue = new SendQueue(socket, {
      capBytes: limits.backlogBytes,
      stallMs: limits.stallMs,
      onDrop: (count) => options.onDrop(this.handler.session?.mount.path ?? '', count),
      onStall: () => this.close('the reader no longer accepts data'),
    });
    this.handler = new RequestHandler({
      authenticate,
      address: socket.remoteAddress ?? '',
      findMount,
      describeMs: limits.describeMs,
      sessionTimeoutS: Math.ceil(limits.sessionMs / 1000),
      queue: this.queue,
      signal: this.gone.signal,
      // Players disconnect by themselves at BYE. Some report an error if the connection ends before.
      onEnd: () => this.endBeforeLong('the camera was removed'),
    });
    this.closeAfter(limits.handshakeMs, 'the client set up no session in time');
    socket.setNoDelay(true).setKeepAlive(true, 30_000);
    socket.on('error', (error) => this.close(error.message));
    socket.on('end', () => this.close('the client left'));
    socket.on('close', () => this.close('the client left'));
    socket.on('data', (chunk) => this.receive(chunk));
  }

  /** Closes the connection if the session's user may no longer watch. */
  async recheck(): Promise<void> {
    const isPermitted = await this.handler.isPermitted().catch((error: unknown) => {
      this.options.onFault(error);
      return false;
    });
    if (!isPermitted) this.close('no longer permitted');
  }

  [Symbol.dispose](): void {
    this.close('the server shuts down');
  }

  private hasSession(): boolean {
    return this.handler.session !== undefined;
  }

  private isClosed(): boolean {
    return this.gone.signal.aborted;
  }

  private close(reason: string): void {
    if (this.isClosed()) return;
    this.gone.abort();
    clearTimeout(this.idleTimer);
    this.handler[Symbol.dispose]();
    this.queue[Symbol.dispose]();
    this.options.socket.destroy();
    this.options.onClose(reason);
  }

  /** Closes the connection once everything is sent, or when that takes too long. */
  private closeSoon(reason: string): void {
    this.endBeforeLong(reason);
    this.queue.whenSent(() => this.close(reason));
  }

  /** Closes the connection after the linger time, whatever happens in between. */
  private endBeforeLong(reason: string): void {
    this.closeAfter(this.options.limits.lingerMs, reason);
    this.isEnding = true;
  }

  private closeAfter(limitMs: number, reason: string): void {
    if (this.isEnding) return;
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => this.close(reason), limitMs);
  }

  private receive(chunk: Uint8Array): void {
    for (const item of this.parser.push(chunk)) {
      if (item.kind === 'interleaved') this.watchIdleness();
      else if (item.kind !== 'response') this.waiting.push(item);
    }
    if (this.waiting.length > maxWaiting) this.close('too many requests at a time');
    else if (!this.isAnswering) void this.answerAll();
  }

  private async answerAll(): Promise<void> {
    this.isAnswering = true;
    for (let item = this.waiting.shift(); item !== undefined; item = this.waiting.shift()) {
      if (this.isClosed()) return;
      await this.answer(item);
    }
    this.isAnswering = false;
  }

  private async answer(item: RtspItem): Promise<void> {
    if (item.kind === 'fault') {
      this.reply({ status: item.status, closes: true }, undefined);
      return;
    }
    if (item.kind !== 'request') return;
    const hadSession = this.hasSession();
    const answer: RtspAnswer = await this.handler.answer(item).catch((error: unknown) => {
      this.options.onFault(error);
      return { status: 500 };
    });
    if (this.isClosed()) return;
    this.reply(answer, item.headers.get('cseq'));
    if (this.isEnding) return;
    answer.afterwards?.();
    if (hadSession && !this.hasSession()) this.closeAfter(this.options.limits.handshakeMs, 'idle');
    else this.watchIdleness();
  }

  private reply(reply: RtspReply, sequence: string | undefined): void {
    this.queue.sendReply(formatReply(reply, sequence));
    if (reply.closes === true) this.closeSoon(`refused with ${reply.status}`);
  }

  /** Restarts the idle timer. A session that plays has none, because many players send nothing more. */
  private watchIdleness(): void {
    const { session } = this.handler;
    if (!session || this.isEnding || this.isClosed()) return;
    if (session.isPlaying) clearTimeout(this.idleTimer);
    else this.closeAfter(this.options.limits.sessionMs, 'the session timed out');
  }
}
