import { distinctUntilChanged, map, NEVER, of, Subscription, switchMap, tap } from 'rxjs';
import type { SizePx } from '../../../frame.ts';
import type { Principal } from '../server/access/grants.ts';
import type { Peer, ViewerReport } from './hub.ts';
import { KeepAlive } from './keep-alive.ts';
import { Outbox } from './outbox.ts';
import type { ViewerContext } from '../publish-context.ts';

/**
 * Serves a jsmpeg player: MPEG-TS in binary messages, as the camera's encoder writes it. Chunks that find no room are
 * dropped. The player then finds the next packet by itself and shows damage up to the next I-frame.
 */
export class OriginalViewer implements Peer {
  private readonly context: ViewerContext;
  private readonly camera: string;
  private readonly outbox: Outbox;
  private readonly keepAlive: KeepAlive;
  private readonly subscription = new Subscription();
  private readonly countOut: () => void;

  constructor(context: ViewerContext, camera: string) {
    const { socket, tcp, limits, nowMs, cameras, principal, options } = context;
    this.context = context;
    this.camera = camera;
    this.outbox = new Outbox({ socket, tcp, limits, nowMs });
    this.keepAlive = new KeepAlive({ socket, outbox: this.outbox, limits, nowMs });
    this.countOut = context.hub.watching(camera, 'original');
    socket.once('close', () => this.end());
    const feed = cameras.feed(principal, camera);
    socket.send(jsmpegHeader(feed && options.originalOf(feed)?.size));
    const chunks$ = cameras.feed$(principal, camera).pipe(
      switchMap((current) => current?.status$.pipe(map(() => options.originalOf(current))) ?? of(undefined)),
      distinctUntilChanged(),
      tap((original) => {
        if (original === undefined) this.close(1008, 'no longer permitted');
      }),
      switchMap((original) => original?.chunks$ ?? NEVER),
    );
    this.subscription.add(
      chunks$.subscribe({
        next: (chunk) => this.send(chunk),
        error: (err: unknown) => options.log.error({ camera, err }, 'the stream of a camera failed'),
      }),
    );
  }

  get principal(): Principal {
    return this.context.principal;
  }

  get report(): ViewerReport {
    const { principal, address } = this.context;
    const { bufferedBytes } = this.outbox;
    return { kind: 'original', user: principal.user?.name, address, cameras: [this.camera], bufferedBytes };
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

  private send(chunk: Uint8Array): void {
    if (this.outbox.hasRoom(chunk.length)) this.outbox.sendBinary(undefined, chunk);
    else this.context.metrics.dropped(this.camera, 'viewer');
  }

  private end(): void {
    this.countOut();
    this.subscription.unsubscribe();
  }
}

/**
 * The first message of a jsmpeg server: `jsmp`, u16 width, u16 height, big-endian. Zeros mean an unknown size.
 * @see https://github.com/kyriesent/node-rtsp-stream (videoStream.js)
 */
function jsmpegHeader(size: SizePx | undefined): Buffer {
  const header = Buffer.from('jsmp\0\0\0\0', 'latin1');
  header.writeUInt16BE(size?.widthPx ?? 0, 4);
  header.writeUInt16BE(size?.heightPx ?? 0, 6);
  return header;
}
