import { distinctUntilChanged, map, of, switchMap, timer, type Observable, type Subscription } from 'rxjs';
import type { CameraConfig } from '../../config/schema.ts';
import { reducedSidePx } from '../../ingest/live/live-args.ts';
import type { LiveFeed } from '../../ingest/live/live-feed.ts';
import { openLiveFeed } from '../../ingest/live/open-live-feed.ts';
import type { Logger } from '../../log/log.ts';
import type { LiveCamera } from '../live/live-camera.ts';
import type { LumaBuffer } from '../live/pictures/luma-pool.ts';

export interface WatchedConnectionOptions {
  readonly config: CameraConfig;
  readonly camera: LiveCamera;
  readonly log: Logger;
}

/** A camera whose viewers have left, or need fewer lines, is decoded as before for this time, ms: they may come back. */
const savingAfterMs = 10_000;
/**
 * A camera that allows only one connection refuses the second one; the first one is then closed after this time, ms.
 */
const handoverMs = 10_000;
/** For these sources, keyframes can be distinguished from other frames before decoding. */
const savingSources = /^(?:rtsps?|https?):/;
/** These sources can be opened a second time while the first connection still runs. */
const reopenedSources = /^(?:rtsps?|https?|file):/;

/** How much of a camera is decoded, from little to much; `reduced`: every frame, at a small size. */
const decodings = ['nothing', 'keyframes', 'reduced', 'everything'] as const;
type Decoding = (typeof decodings)[number];

const unwatchedDecoding = { off: 'nothing', keyframes: 'keyframes' } as const;

/**
 * One camera's connection. While nobody watches a camera on the network, only its keyframes are decoded
 * (`unwatched: keyframes`). When somebody comes, a second connection decodes every frame, and the first ends only when
 * the second has a picture. As long as nobody asks for more than `reducedSidePx` lines, ffmpeg reduces the frames; for a
 * viewer who does, another connection takes over in the same way. With `unwatched: off` there is no connection at all
 * until somebody comes; with `full` the same connection decodes everything all the time.
 */
export class CameraConnection implements AsyncDisposable {
  private readonly options: WatchedConnectionOptions;
  private readonly stop = new AbortController();
  private readonly watching: Subscription;
  private feed: LiveFeed<LumaBuffer> | undefined;
  private decoding: Decoding;
  private changes: Promise<void> = Promise.resolve();

  constructor(options: WatchedConnectionOptions) {
    const { camera } = options;
    this.options = options;
    const unwatched = this.decodingFor(0);
    this.decoding = unwatched;
    this.feed = unwatched === 'nothing' ? undefined : this.open(unwatched);
    if (this.feed) camera.connect(this.feed, { isSparse: unwatched === 'keyframes' });
    else camera.rest();
    this.watching = this.decodings$().subscribe((decoding) => {
      this.changes = this.changes.then(() => this.change(decoding));
    });
  }

  /** Resolves when no ffmpeg of this camera is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.watching.unsubscribe();
    this.stop.abort();
    await this.changes;
    await this.feed?.[Symbol.asyncDispose]();
  }

  /** More is decoded immediately, less after a while. */
  private decodings$(): Observable<Decoding> {
    return this.options.camera.watchedHeightPx$.pipe(
      map((heightPx) => this.decodingFor(heightPx)),
      distinctUntilChanged(),
      switchMap((next) => {
        const isMore = decodings.indexOf(next) > decodings.indexOf(this.decoding);
        return isMore ? of(next) : timer(savingAfterMs).pipe(map(() => next));
      }),
    );
  }

  /** @param heightPx - that viewers need; 0: nobody watches */
  private decodingFor(heightPx: number): Decoding {
    const { source, unwatched } = this.options.config;
    if (unwatched === 'full') return 'everything';
    if (heightPx === 0 && savingSources.test(source)) return unwatchedDecoding[unwatched];
    return heightPx <= reducedSidePx && reopenedSources.test(source) ? 'reduced' : 'everything';
  }

  private async change(decoding: Decoding): Promise<void> {
    if (this.stop.signal.aborted || decoding === this.decoding) return;
    const before = this.feed;
    const hasEveryFrame = this.decoding === 'reduced' || this.decoding === 'everything';
    this.decoding = decoding;
    const needsEveryFrame = decoding === 'reduced' || decoding === 'everything';
    if (hasEveryFrame && needsEveryFrame && before?.isSmall === true) return; // both have the same lines
    this.feed = decoding === 'nothing' ? undefined : this.open(decoding, before?.positionS);
    const { camera } = this.options;
    if (!this.feed) camera.rest();
    else if (before) await this.handOver(this.feed);
    else camera.connect(this.feed);
    await before?.[Symbol.asyncDispose]();
  }

  /** Switches the camera to another feed as soon as that feed has a picture, and resolves then. */
  private handOver(next: LiveFeed<LumaBuffer>): Promise<void> {
    const { camera } = this.options;
    const { signal } = this.stop;
    return new Promise((resolve) => {
      const end = (isTaken: boolean): void => {
        clearTimeout(late);
        states.unsubscribe();
        signal.removeEventListener('abort', leave);
        if (isTaken) camera.connect(next, { isSparse: this.decoding === 'keyframes' });
        resolve();
      };
      const leave = (): void => end(false);
      const late = setTimeout(() => end(true), handoverMs);
      signal.addEventListener('abort', leave);
      const states = next.state$.subscribe(({ kind }) => {
        if (kind === 'live') end(true);
      });
    });
  }

  private open(decoding: Decoding, startS?: number): LiveFeed<LumaBuffer> {
    const { config, camera, log } = this.options;
    return openLiveFeed({
      id: camera.id,
      config,
      keyframesOnly: decoding === 'keyframes',
      isReduced: decoding === 'reduced',
      startS,
      buffers: camera.buffers,
      log,
      onDrop: (cause, count) => camera.drop(cause, count),
      onReconnect: () => camera.countReconnect(),
    });
  }
}
