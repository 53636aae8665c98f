import { filter, merge, skipWhile, Subscription, switchMap, tap } from 'rxjs';
import type { RawData } from 'ws';
import type { CameraStatus } from '../../../ingest/live/camera-status.ts';
import { TokenBucket } from '../../../ingest/live/token-bucket.ts';
import { syntheticSentence } from '../../synthetic-mark.ts';
import { parseClientMessage } from './client-message.ts';
import type { Principal } from '../server/access/grants.ts';
import type { Peer, ViewerReport } from './hub.ts';
import { KeepAlive } from './keep-alive.ts';
import { Outbox } from './outbox.ts';
import { protocolVersion, type ClientMessage, type ServerMessage } from '../protocol.ts';
import type { ViewerContext } from '../publish-context.ts';
import { WatchList } from './watch-list.ts';
import { wallTimeOf } from '../../live/epoch.ts';

/** Serialised once, because the same status goes to many viewers. */
const statusTexts = new WeakMap<CameraStatus, string>();

/** One dashboard: what it may see, what it watches, and its socket. Ends with the socket. */
export class Viewer implements Peer {
  private readonly context: ViewerContext;
  private readonly outbox: Outbox;
  private readonly keepAlive: KeepAlive;
  private readonly messages: TokenBucket;
  private readonly watching: WatchList;
  private readonly subscription = new Subscription();
  /** Camera names by id. */
  private listed: ReadonlyMap<string, string> = new Map();
  private bad = 0;

  constructor(context: ViewerContext) {
    const { socket, tcp, limits, nowMs } = context;
    this.context = context;
    this.outbox = new Outbox({ socket, tcp, limits, nowMs, onRoom: () => this.watching.run() });
    this.keepAlive = new KeepAlive({ socket, outbox: this.outbox, limits, nowMs });
    this.messages = new TokenBucket(limits.messagesPerSecond, 2 * limits.messagesPerSecond);
    this.watching = new WatchList(context, this.outbox);
    socket.on('message', (data, isBinary) => this.receive(data, isBinary));
    socket.once('close', () => this.end());
    this.greet();
    this.follow();
  }

  get principal(): Principal {
    return this.context.principal;
  }

  get report(): ViewerReport {
    const { principal, address } = this.context;
    const { bufferedBytes } = this.outbox;
    const { cameras } = this.watching;
    return { kind: 'websocket', user: principal.user?.name, address, cameras, bufferedBytes };
  }

  sweep(): void {
    this.keepAlive.sweep(() => this.close(1013, 'the connection is too slow'));
  }

  close(code: number, reason: string): void {
    this.end();
    this.keepAlive.close(code, reason);
  }

  terminate(): void {
    this.end();
    this.context.socket.terminate();
  }

  private greet(): void {
    const { cameras, principal, options } = this.context;
    const grant = cameras.grant(principal);
    this.tell('hello', {
      type: 'hello',
      protocol: protocolVersion,
      program: options.mark.program,
      notice: syntheticSentence(options.mark),
      user: grant?.user,
      isAdmin: grant?.isAdmin === true,
      hasFilms: options.films !== undefined && grant?.mayReadMetrics === true,
    });
  }

  /** Follows the list of cameras, their states, and the viewer's rights. */
  private follow(): void {
    const { cameras, principal } = this.context;
    const statuses$ = cameras.feeds$(principal).pipe(
      tap((feeds) => this.list(feeds.map(({ status }) => status))),
      switchMap((feeds) =>
        merge(...feeds.map(({ status, status$ }) => status$.pipe(skipWhile((first) => first === status)))),
      ),
    );
    this.subscription.add(
      statuses$.subscribe((status) => {
        if (this.listed.get(status.id) === status.name)
          this.outbox.putText(`status:${status.id}`, statusText(status));
        else this.list(cameras.feeds(principal).map((feed) => feed.status));
      }),
    );
    const lost$ = cameras.grant$(principal).pipe(filter((grant) => grant === undefined));
    this.subscription.add(lost$.subscribe(() => this.close(1008, 'no longer permitted')));
  }

  private list(statuses: readonly CameraStatus[]): void {
    for (const id of this.listed.keys()) this.outbox.dropText(`status:${id}`);
    this.listed = new Map(statuses.map(({ id, name }) => [id, name]));
    this.tell('cameras', { type: 'cameras', cameras: statuses });
    this.watching.follow();
  }

  private receive(data: RawData, isBinary: boolean): void {
    if (this.subscription.closed) return;
    if (!this.messages.take(this.context.nowMs())) {
      this.refuse('TOO_MANY_MESSAGES', 'too many messages per second');
      return;
    }
    const parsed = parseClientMessage(bytesOf(data), isBinary);
    if ('fault' in parsed) this.refuse('BAD_MESSAGE', parsed.fault);
    else this.obey(parsed.message);
  }

  private refuse(code: string, message: string): void {
    this.tell('error', { type: 'error', code, message });
    this.bad++;
    if (this.bad >= this.context.limits.badMessages) this.close(1008, 'too many bad messages');
  }

  private obey(message: ClientMessage): void {
    if (message.type === 'time') {
      this.tell('time', { type: 'time', id: message.id, serverMs: wallTimeOf(this.context.nowMs()) });
      return;
    }
    const missing = this.watching.set(message.streams);
    if (missing.length === 0) return;
    const names = missing.map((camera) => `"${camera}"`).join(', ');
    this.tell('error', { type: 'error', code: 'NOT_FOUND', message: `no such camera: ${names}` });
  }

  private end(): void {
    this.subscription.unsubscribe();
    this.watching[Symbol.dispose]();
  }

  private tell(key: string, message: ServerMessage): void {
    this.outbox.putText(key, JSON.stringify(message));
  }
}

function statusText(status: CameraStatus): string {
  let text = statusTexts.get(status);
  if (text === undefined) statusTexts.set(status, (text = JSON.stringify({ type: 'status', status })));
  return text;
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
