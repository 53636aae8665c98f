import type { Socket } from 'node:net';
import { RequestHandler, type RtspAnswer, type HandlerContext } from './request-handler.ts';
import { formatReply, type RtspItem, type RtspReply } from './rtsp-message.ts';
import { RtspParser } from './rtsp-parser.ts';
import { SendQueue } from './send-queue.ts';

/** Times and bounds of a connection. */
export interface RtspLimits {
  /** From the connection to a successful SETUP, ms. */
  readonly handshakeMs: number;
  /** How long a session that does not play lives without a request, ms. */
  readonly sessionMs: number;
  /** How long DESCRIBE waits for a keyframe, ms. */
  readonly describeMs: number;
  /** A reader that takes nothing for this long is closed, ms. */
  readonly stallMs: number;
  /** How long the last bytes, or the client's leaving after BYE, may take before the connection is cut, ms. */
  readonly lingerMs: number;
  /** Bytes that may wait for a reader before pictures are dropped. */
  readonly backlogBytes: number;
}

export interface RtspConnectionOptions extends Pick<HandlerContext, 'authenticate' | 'findMount'> {
  readonly socket: Socket;
  readonly limits: RtspLimits;
  /** Pictures of a path that were dropped since the reader is slow. */
  readonly onDrop: (path: string, count: number) => void;
  /** A request could not be answered by a fault of ours (or of `authenticate`). */
  readonly onFault: (error: unknown) => void;
  /** It is closed; why. */
  readonly onClose: (reason: string) => void;
}

/** Requests that may wait while one is being answered. */
const maxWaiting = 16;

/** One client's connection: reads requests, answers them in order, sends pictures between the answers. */
export class RtspConnection implements Disposable {
  private readonly options: RtspConnectionOptions;
  private readonly parser = new RtspParser();
  private readonly queue: SendQueue;
  private readonly handler: RequestHandler;
  private readonly gone = new AbortController();
  private readonly waiting: RtspItem[] = [];
  private isAnswering = false;
  /** It is closed before long: no request begins anything more. */
  private isEnding = false;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(options: RtspConnectionOptions) {
    this.options = options;
    const { socket, limits, authenticate, findMount } = options;
    this.queue = new SendQueue(socket, {
      capBytes: limits.backlogBytes,
      stallMs: limits.stallMs,
      onDrop: (count) => options.onDrop(this.handler.session?.mount.path ?? '', count),
      onStall: () => this.close('the reader takes nothing any more'),
    });
    this.handler = new RequestHandler({
      authenticate,
      findMount,
      describeMs: limits.describeMs,
      sessionTimeoutS: Math.ceil(limits.sessionMs / 1000),
      queue: this.queue,
      signal: this.gone.signal,
      // Players leave by themselves at BYE; some take an end of the connection before that for a fault.
      onEnd: () => this.endBeforeLong('the camera was removed'),
    });
    this.closeAfter(limits.handshakeMs, 'no session was set up in time');
    socket.setNoDelay(true).setKeepAlive(true, 30_000);
    socket.on('error', (error) => this.close(error.message));
    socket.on('end', () => this.close('the client left'));
    socket.on('close', () => this.close('the client left'));
    socket.on('data', (chunk) => this.receive(chunk));
  }

  /** Closes it when who made its session may not watch any more. */
  async recheck(): Promise<void> {
    const isPermitted = await this.handler.isPermitted().catch((error: unknown) => {
      this.options.onFault(error);
      return false;
    });
    if (!isPermitted) this.close('no longer permitted');
  }

  [Symbol.dispose](): void {
    this.close('the server ends');
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

  /** Closes it when what waits has been sent, or is too slow. */
  private closeSoon(reason: string): void {
    this.endBeforeLong(reason);
    this.queue.whenSent(() => this.close(reason));
  }

  /** Closes it when it has had its time to end, whatever comes in between. */
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
    if (this.waiting.length > maxWaiting) this.close('too many requests at once');
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

  /** After a sign of life: who plays is watched by what it takes, since many players say nothing more. */
  private watchIdleness(): void {
    const { session } = this.handler;
    if (!session || this.isEnding || this.isClosed()) return;
    if (session.isPlaying) clearTimeout(this.idleTimer);
    else this.closeAfter(this.options.limits.sessionMs, 'its session ran out');
  }
}
