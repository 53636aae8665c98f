import type { Observable, Subscription } from 'rxjs';
import type { EncodedPicture } from '../../live/camera-feed.ts';
import type { Lane, LaneContext } from './lane.ts';
import { Pace } from './pace.ts';
import { encodeHeader } from '../protocol.ts';
import { wallTimeOf } from '../../live/epoch.ts';

/** How many pictures of one camera may wait for the socket. A third one stays in the slot until a newer one replaces it. */
const inFlightAtMost = 2;

/** Sends JPEGs to one viewer. It keeps only the newest picture: on a slow line a viewer gets fewer pictures, not older ones. */
export class JpegLane implements Lane {
  readonly request: LaneContext['request'];
  private readonly context: LaneContext;
  private readonly pace: Pace;
  private readonly subscription: Subscription;
  private slot: EncodedPicture | undefined;
  private readonly openedMs: number;
  private inFlight = 0;

  /** @param pictures$ - undefined removes the picture that waits */
  constructor(context: LaneContext, pictures$: Observable<EncodedPicture | undefined>) {
    this.request = context.request;
    this.context = context;
    this.pace = new Pace(context.request.fps);
    this.openedMs = context.nowMs();
    this.subscription = pictures$.subscribe({
      next: (picture) => this.put(picture),
      error: context.onError,
    });
  }

  flush(): 'sent' | 'nothing' | 'blocked' {
    const picture = this.slot;
    if (picture === undefined || this.inFlight >= inFlightAtMost) return 'nothing';
    const { outbox, metrics } = this.context;
    if (!outbox.hasRoom(picture.jpeg.length)) return 'blocked';
    this.slot = undefined;
    this.inFlight++;
    const { camera, sequence, capturedMs, size, isOwnColor = false, isRepeat = false } = picture;
    const sentMs = this.context.nowMs();
    const head = encodeHeader({
      kind: 'jpeg',
      camera,
      sequence,
      capturedMs: wallTimeOf(capturedMs),
      sentMs: wallTimeOf(sentMs),
      size,
      isKeyframe: true,
      isOwnColor,
      isRepeat,
    });
    outbox.sendBinary(head, picture.jpeg, () => {
      this.inFlight--;
    });
    metrics.framesSent.inc({ camera });
    // A picture from before the viewer connected, or a repeated one, says nothing about latency.
    if (capturedMs >= this.openedMs && picture.isRepeat !== true)
      metrics.latency.observe({ camera }, (sentMs - capturedMs) / 1000);
    return 'sent';
  }

  [Symbol.dispose](): void {
    this.subscription.unsubscribe();
    this.slot = undefined;
  }

  private put(picture: EncodedPicture | undefined): void {
    if (picture === undefined) {
      this.slot = undefined;
      return;
    }
    if (picture.isRepeat !== true && !this.pace.admits(picture.capturedMs)) return;
    if (this.slot !== undefined) this.context.metrics.dropped(this.request.camera, 'viewer');
    this.slot = picture;
    this.context.onReady();
  }
}
