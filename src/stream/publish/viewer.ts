import { filter, merge, NEVER, skipWhile, Subscription, switchMap, tap } from 'rxjs';
import type { RawData } from 'ws';
import type { CameraStatus } from '../../camera.ts';
import { syntheticSentence } from '../synthetic-mark.ts';
import { parseClientMessage } from './client-message.ts';
import { FragmentLane } from './fragment-lane.ts';
import type { Peer, ViewerReport } from './hub.ts';
import { JpegLane } from './jpeg-lane.ts';
import { KeepAlive } from './keep-alive.ts';
import type { Lane, LaneContext } from './lane.ts';
import { MessageLimit } from './message-limit.ts';
import { Outbox } from './outbox.ts';
import { protocolVersion, type ClientMessage, type ServerMessage, type StreamWish } from './protocol.ts';
import { Rotation } from './rotation.ts';
import type { ViewerContext } from './publish-context.ts';
import { wishedJpegs$ } from './wished-jpegs.ts';

/** The same status goes to many viewers. */
const statusTexts = new WeakMap<CameraStatus, string>();

/** One dashboard: what it may see, what it watches, and its socket. Ends with the socket. */
export class Viewer implements Peer {
  private readonly context: ViewerContext;
  private readonly outbox: Outbox;
  private readonly keepAlive: KeepAlive;
  private readonly messages: MessageLimit;
  private readonly rotation = new Rotation<Lane>();
  private readonly lanes = new Map<string, { readonly lane: Lane; readonly countOut: () => void }>();
  private readonly subscription = new Subscription();
  private listed: readonly string[] = [];
  private bad = 0;

  constructor(context: ViewerContext) {
    const { socket, tcp, limits, nowMs } = context;
    this.context = context;
    this.outbox = new Outbox({ socket, tcp, limits, nowMs, onRoom: () => this.rotation.run() });
    this.keepAlive = new KeepAlive({ socket, outbox: this.outbox, limits, nowMs });
    this.messages = new MessageLimit(limits.messagesPerSecond, nowMs);
    socket.on('message', (data, isBinary) => this.receive(data, isBinary));
    socket.once('close', () => this.end());
    this.greet();
    this.follow();
  }

  get report(): ViewerReport {
    const { principal, address } = this.context;
    const cameras = [...this.lanes.keys()];
    const { bufferedBytes } = this.outbox;
    return { kind: 'websocket', user: principal.user?.name, address, cameras, bufferedBytes };
  }

  sweep(): void {
    this.keepAlive.sweep();
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
    });
  }

  /** The list of cameras, their states, and the viewer's own rights, as they change. */
  private follow(): void {
    const { cameras, principal } = this.context;
    const statuses$ = cameras.feeds$(principal).pipe(
      tap((feeds) => this.list(feeds.map(({ status }) => status))),
      switchMap((feeds) =>
        merge(...feeds.map(({ status, status$ }) => status$.pipe(skipWhile((first) => first === status)))),
      ),
    );
    this.subscription.add(
      statuses$.subscribe((status) => this.outbox.putText(`status:${status.id}`, statusText(status))),
    );
    const lost$ = cameras.grant$(principal).pipe(filter((grant) => grant === undefined));
    this.subscription.add(lost$.subscribe(() => this.close(1008, 'no longer permitted')));
  }

  private list(statuses: readonly CameraStatus[]): void {
    for (const id of this.listed) this.outbox.dropText(`status:${id}`);
    this.listed = statuses.map(({ id }) => id);
    this.tell('cameras', { type: 'cameras', cameras: statuses });
  }

  private receive(data: RawData, isBinary: boolean): void {
    if (this.subscription.closed) return;
    if (!this.messages.take()) {
      this.refuse('TOO_MANY_MESSAGES', 'too many messages a second');
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
    if (message.type === 'watch') this.watch(message.streams);
    else this.tell('time', { type: 'time', id: message.id, serverMs: this.context.nowMs() });
  }

  /** Streams that stay as they were are not interrupted. */
  private watch(wishes: readonly StreamWish[]): void {
    for (const [camera, { lane }] of this.lanes)
      if (!wishes.some((wish) => isSame(wish, lane.wish))) this.leave(camera);
    for (const wish of wishes) if (!this.lanes.has(wish.camera)) this.enter(wish);
    this.rotation.set([...this.lanes.values()].map(({ lane }) => lane));
    this.rotation.run();
  }

  private enter(wish: StreamWish): void {
    const { cameras, principal, hub } = this.context;
    if (cameras.feed(principal, wish.camera) === undefined)
      this.tell('error', {
        type: 'error',
        code: 'NOT_FOUND',
        message: `there is no camera "${wish.camera}"`,
      });
    const countOut = hub.watching(wish.camera, wish.mode);
    this.lanes.set(wish.camera, { lane: this.openLane(wish), countOut });
  }

  private openLane(wish: StreamWish): Lane {
    const { cameras, principal, settings, options, metrics, nowMs } = this.context;
    const { camera, heightPx } = wish;
    const onReady = (): void => this.rotation.run();
    const onError = (error: unknown): void => options.log.error({ camera, err: error }, 'a stream failed');
    const lane: LaneContext = { wish, outbox: this.outbox, metrics, nowMs, onReady, onError };
    if (wish.mode === 'fmp4') {
      const feed$ = cameras.feed$(principal, camera);
      return new FragmentLane(
        lane,
        feed$.pipe(switchMap((feed) => (feed === undefined ? NEVER : options.videoOf(feed).fragments$))),
      );
    }
    const jpegWish = { camera, heightPx, isForStrangers: false };
    return new JpegLane(lane, wishedJpegs$(cameras, settings, principal, jpegWish));
  }

  private leave(camera: string): void {
    const entry = this.lanes.get(camera);
    this.lanes.delete(camera);
    entry?.lane[Symbol.dispose]();
    entry?.countOut();
  }

  private end(): void {
    this.subscription.unsubscribe();
    for (const camera of [...this.lanes.keys()]) this.leave(camera);
    this.rotation.set([]);
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

function isSame(a: StreamWish, b: StreamWish): boolean {
  return a.camera === b.camera && a.mode === b.mode && a.heightPx === b.heightPx && a.fps === b.fps;
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
