import { isDeepStrictEqual } from 'node:util';
import type { Response } from 'express';
import { filter, Subscription } from 'rxjs';
import { syntheticXmp, type SyntheticMark } from '../../synthetic-mark.ts';
import type { EncodedPicture } from '../../live/camera-feed.ts';
import type { Principal } from '../server/access/grants.ts';
import type { Peer, ViewerReport } from './hub.ts';
import { withSegment, xmpSegment } from '../jpeg-xmp.ts';
import { cameraMark } from '../camera-mark.ts';
import { Pace } from './pace.ts';
import type { PublishContext } from '../publish-context.ts';
import { requestedJpegs$ } from './requested-jpegs.ts';
import { wallTimeOf } from '../../live/epoch.ts';

const boundary = 'chromafeed-picture';
/** The media type of an MJPEG stream. */
export const mjpegType = `multipart/x-mixed-replace; boundary=${boundary}`;

/** The parameters of an MJPEG request. */
export interface MjpegRequest {
  readonly camera: string;
  readonly heightPx: number | undefined;
  readonly fps: number | undefined;
}

/**
 * Answers with `multipart/x-mixed-replace` until the camera is gone. One picture is being sent and one waits in a slot;
 * a newer picture replaces the waiting one.
 */
export class MjpegViewer implements Peer {
  readonly principal: Principal;
  private readonly context: PublishContext;
  private readonly request: MjpegRequest;
  private readonly response: Response;
  private readonly address: string;
  private readonly subscription = new Subscription();
  private readonly countOut: () => void;
  private slot: EncodedPicture | undefined;
  private marked: { readonly mark: SyntheticMark; readonly xmp: Uint8Array } | undefined;
  private sentMs: number;

  constructor(options: {
    context: PublishContext;
    principal: Principal;
    request: MjpegRequest;
    response: Response;
    /** The client's address. */
    address: string;
  }) {
    const { context, principal, request, response } = options;
    this.address = options.address;
    const { cameras, settings, hub, nowMs } = context;
    this.context = context;
    this.principal = principal;
    this.request = request;
    this.response = response;
    this.sentMs = nowMs();
    response.writeHead(200, {
      'Content-Type': mjpegType,
      'Cache-Control': 'no-store',
      Connection: 'close',
    });
    response.flushHeaders();
    response.on('drain', () => this.flush());
    response.once('close', () => this.end());
    this.countOut = hub.watching(request.camera, 'mjpeg');
    const pace = new Pace(request.fps);
    const pictures$ = requestedJpegs$(
      { cameras, settings, principal },
      { ...request, isForStrangers: true },
    ).pipe(filter((picture) => picture === undefined || pace.admits(picture.capturedMs)));
    this.subscription.add(
      pictures$.subscribe({
        next: (picture) => this.put(picture),
        error: (err: unknown) =>
          context.options.log.error({ camera: request.camera, err }, 'the stream of a camera failed'),
      }),
    );
  }

  get report(): ViewerReport {
    const user = this.principal.user?.name;
    const { address } = this;
    const bufferedBytes = this.response.writableLength;
    return { kind: 'mjpeg', user, address, cameras: [this.request.camera], bufferedBytes };
  }

  /** Cuts a response that the client does not read. */
  sweep(): void {
    const isStalled = this.context.nowMs() - this.sentMs >= this.context.limits.stallMs;
    if (this.response.writableNeedDrain && isStalled) this.terminate();
  }

  close(): void {
    this.end();
    if (!this.response.writableEnded) this.response.end(`--${boundary}--\r\n`);
  }

  terminate(): void {
    this.end();
    this.response.destroy();
  }

  private put(picture: EncodedPicture | undefined): void {
    if (picture === undefined) {
      this.close();
      return;
    }
    if (this.slot !== undefined) this.context.metrics.dropped(this.request.camera, 'viewer');
    this.slot = picture;
    if (!this.response.writableNeedDrain) this.flush();
  }

  private flush(): void {
    const picture = this.slot;
    if (picture === undefined) return;
    this.slot = undefined;
    this.sentMs = this.context.nowMs();
    const xmp = picture.isOwnColor === true ? new Uint8Array() : this.xmp;
    const length = picture.jpeg.length + xmp.length;
    const timeS = (wallTimeOf(picture.capturedMs) / 1000).toFixed(3);
    // Node sends these writes together anyway. Do not use `cork`: Node 22 then never emits `drain`.
    this.response.write(
      `--${boundary}\r\nContent-Type: image/jpeg\r\nContent-Length: ${length}\r\nX-Timestamp: ${timeS}\r\n\r\n`,
    );
    for (const part of withSegment(picture.jpeg, xmp)) this.response.write(part);
    this.response.write('\r\n');
    this.context.metrics.framesSent.inc({ camera: this.request.camera });
  }

  /** Names the camera's current model; rebuilt when the model changes. */
  private get xmp(): Uint8Array {
    const { cameras, options } = this.context;
    const mark = cameraMark(cameras.feed(this.principal, this.request.camera), options.mark);
    if (!this.marked || !isDeepStrictEqual(mark, this.marked.mark))
      this.marked = { mark, xmp: xmpSegment(syntheticXmp(mark)) };
    return this.marked.xmp;
  }

  private end(): void {
    this.slot = undefined;
    this.countOut();
    this.subscription.unsubscribe();
  }
}
