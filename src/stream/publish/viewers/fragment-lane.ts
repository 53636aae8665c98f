import type { Observable, Subscription } from 'rxjs';
import type { Lane, LaneContext } from './lane.ts';
import { encodeHeader, type PayloadKind } from '../protocol.ts';
import type { VideoFragment, VideoInit } from '../video/video-stream.ts';
import { wallTimeOf } from '../../live/epoch.ts';

/**
 * Sends H.264 to one viewer. Fragments depend on each other: if there is no room for one, all up to the next keyframe are
 * dropped, and decoding continues from there.
 */
export class FragmentLane implements Lane {
  readonly request: LaneContext['request'];
  private readonly context: LaneContext;
  private readonly subscription: Subscription;
  private init: VideoInit | undefined;
  private needsKeyframe = true;

  constructor(context: LaneContext, fragments$: Observable<VideoFragment>) {
    this.request = context.request;
    this.context = context;
    this.subscription = fragments$.subscribe({
      next: (fragment) => this.put(fragment),
      error: context.onError,
    });
  }

  /** Fragments are sent as they arrive, so nothing waits here. */
  flush(): 'nothing' {
    return 'nothing';
  }

  [Symbol.dispose](): void {
    this.subscription.unsubscribe();
    this.context.outbox.dropText(this.formatKey);
  }

  private get formatKey(): string {
    return `format:${this.request.camera}`;
  }

  private put(fragment: VideoFragment): void {
    const isFirst = this.init === undefined;
    const isNew = fragment.init !== this.init;
    if ((this.needsKeyframe || isNew) && !fragment.isKeyframe) {
      // Fragments before the first keyframe are not counted as lost.
      if (!isFirst) this.drop();
      return;
    }
    const bytes = fragment.data.length + (isNew ? fragment.init.data.length + 256 : 0);
    if (!this.context.outbox.hasRoom(bytes)) {
      this.drop();
      return;
    }
    this.needsKeyframe = false;
    if (isNew) this.begin(fragment);
    this.send('fmp4-fragment', fragment, fragment.data);
    const { metrics, nowMs } = this.context;
    metrics.framesSent.inc({ camera: this.request.camera });
    metrics.latency.observe({ camera: this.request.camera }, (nowMs() - fragment.capturedMs) / 1000);
  }

  private begin(fragment: VideoFragment): void {
    const { camera } = this.request;
    this.init = fragment.init;
    const text = JSON.stringify({ type: 'format', camera, mimeType: fragment.init.mimeType });
    this.context.outbox.putText(this.formatKey, text);
    this.send('fmp4-init', fragment, fragment.init.data);
  }

  private send(kind: PayloadKind, fragment: VideoFragment, payload: Uint8Array): void {
    const { sequence, capturedMs, size } = fragment;
    const isKeyframe = kind === 'fmp4-init' || fragment.isKeyframe;
    const sentMs = this.context.nowMs();
    const head = encodeHeader({
      kind,
      camera: this.request.camera,
      sequence,
      capturedMs: wallTimeOf(capturedMs),
      sentMs: wallTimeOf(sentMs),
      size,
      isKeyframe,
    });
    this.context.outbox.sendBinary(head, payload);
  }

  private drop(): void {
    this.needsKeyframe = true;
    this.context.metrics.dropped(this.request.camera, 'viewer');
  }
}
