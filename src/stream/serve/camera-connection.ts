import { distinctUntilChanged, map, of, switchMap, timer, type Subscription } from 'rxjs';
import type { CameraConfig } from '../../config/schema.ts';
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

/** A camera without viewers is decoded in full for this long: somebody may come back, ms. */
const savingAfterMs = 10_000;
/** A camera that allows a single connection gets no second one; the first then ends after this time, ms. */
const handoverMs = 10_000;
/** Keyframes of these sources can be told from other frames before they are decoded. */
const savingSources = /^(?:rtsps?|https?):/;

/**
 * One camera's connection. While nobody watches a camera on the network, only its keyframes are decoded
 * (`unwatched: keyframes`). When somebody comes, a second connection decodes in full, and the first ends only when the
 * second has a picture.
 */
export class CameraConnection implements AsyncDisposable {
  private readonly options: WatchedConnectionOptions;
  private readonly stop = new AbortController();
  private readonly watching: Subscription;
  private feed: LiveFeed<LumaBuffer>;
  private isFull: boolean;
  private changes: Promise<void> = Promise.resolve();

  constructor(options: WatchedConnectionOptions) {
    const { config, camera } = options;
    this.options = options;
    const canSave = config.unwatched === 'keyframes' && savingSources.test(config.source);
    this.isFull = !canSave;
    this.feed = this.open(this.isFull);
    camera.connect(this.feed, { isSparse: !this.isFull });
    const isWatched$ = camera.isWatched$.pipe(
      distinctUntilChanged(),
      switchMap((isWatched) => (isWatched ? of(true) : timer(savingAfterMs).pipe(map(() => false)))),
    );
    this.watching = isWatched$.subscribe((isWatched) => {
      if (canSave) this.changes = this.changes.then(() => this.change(isWatched));
    });
  }

  /** Resolves when no ffmpeg of this camera is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.watching.unsubscribe();
    this.stop.abort();
    await this.changes;
    await this.feed[Symbol.asyncDispose]();
  }

  private async change(isFull: boolean): Promise<void> {
    if (this.stop.signal.aborted || isFull === this.isFull) return;
    const [before, next] = [this.feed, this.open(isFull)];
    this.feed = next;
    this.isFull = isFull;
    await this.handOver(next);
    await before[Symbol.asyncDispose]();
  }

  /** Gives the camera another feed as soon as that has a picture; resolves then. */
  private handOver(next: LiveFeed<LumaBuffer>): Promise<void> {
    const { camera } = this.options;
    const { signal } = this.stop;
    return new Promise((resolve) => {
      const end = (isTaken: boolean): void => {
        clearTimeout(late);
        states.unsubscribe();
        signal.removeEventListener('abort', leave);
        if (isTaken) camera.connect(next, { isSparse: !this.isFull });
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

  private open(isFull: boolean): LiveFeed<LumaBuffer> {
    const { config, camera, log } = this.options;
    return openLiveFeed({
      id: camera.id,
      config,
      keyframesOnly: !isFull,
      buffers: camera.buffers,
      log,
      onDrop: (cause, count) => camera.drop(cause, count),
      onReconnect: () => camera.countReconnect(),
    });
  }
}
