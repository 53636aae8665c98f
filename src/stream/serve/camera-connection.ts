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

/** A camera without viewers is decoded in full for this time, because somebody may come back, ms. */
const savingAfterMs = 10_000;
/**
 * A camera that allows only one connection refuses the second one; the first one is then closed after this time, ms.
 */
const handoverMs = 10_000;
/** For these sources, keyframes can be distinguished from other frames before decoding. */
const savingSources = /^(?:rtsps?|https?):/;

/** How much of a camera is decoded. */
type Decoding = 'nothing' | 'keyframes' | 'everything';

const unwatchedDecoding = { off: 'nothing', keyframes: 'keyframes', full: 'everything' } as const;

/**
 * One camera's connection. While nobody watches a camera on the network, only its keyframes are decoded
 * (`unwatched: keyframes`). When somebody comes, a second connection decodes in full, and the first ends only when the
 * second has a picture. With `unwatched: off` there is no connection at all until somebody comes.
 */
export class CameraConnection implements AsyncDisposable {
  private readonly options: WatchedConnectionOptions;
  private readonly stop = new AbortController();
  private readonly watching: Subscription;
  private feed: LiveFeed<LumaBuffer> | undefined;
  private decoding: Decoding;
  private changes: Promise<void> = Promise.resolve();

  constructor(options: WatchedConnectionOptions) {
    const { config, camera } = options;
    this.options = options;
    const unwatched = savingSources.test(config.source) ? unwatchedDecoding[config.unwatched] : 'everything';
    this.decoding = unwatched;
    this.feed = unwatched === 'nothing' ? undefined : this.open(unwatched);
    if (this.feed) camera.connect(this.feed, { isSparse: unwatched === 'keyframes' });
    else camera.rest();
    const isWatched$ = camera.isWatched$.pipe(
      distinctUntilChanged(),
      switchMap((isWatched) => (isWatched ? of(true) : timer(savingAfterMs).pipe(map(() => false)))),
    );
    this.watching = isWatched$.subscribe((isWatched) => {
      this.changes = this.changes.then(() => this.change(isWatched ? 'everything' : unwatched));
    });
  }

  /** Resolves when no ffmpeg of this camera is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.watching.unsubscribe();
    this.stop.abort();
    await this.changes;
    await this.feed?.[Symbol.asyncDispose]();
  }

  private async change(decoding: Decoding): Promise<void> {
    if (this.stop.signal.aborted || decoding === this.decoding) return;
    const before = this.feed;
    this.decoding = decoding;
    this.feed = decoding === 'nothing' ? undefined : this.open(decoding);
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

  private open(decoding: Decoding): LiveFeed<LumaBuffer> {
    const { config, camera, log } = this.options;
    return openLiveFeed({
      id: camera.id,
      config,
      keyframesOnly: decoding === 'keyframes',
      buffers: camera.buffers,
      log,
      onDrop: (cause, count) => camera.drop(cause, count),
      onReconnect: () => camera.countReconnect(),
    });
  }
}
