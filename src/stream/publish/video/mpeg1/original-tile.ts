import { setTimeout as sleep } from 'node:timers/promises';
import { Observable, ReplaySubject, share, takeUntil, timer, type Subscriber } from 'rxjs';
import type { LogListener } from '../../../../ingest/ffmpeg/log-lines.ts';
import type { SizePx } from '../../../../frame.ts';
import { fitHeight } from '../../../live/pictures/renditions.ts';
import type { CameraFeed } from '../../../live/camera-feed.ts';
import { runTile, type TileEnd } from './tile-run.ts';

type OriginalFeed = Pick<CameraFeed, 'id' | 'originals$'> & Partial<Pick<CameraFeed, 'status'>>;

export interface OriginalTileOptions {
  /** Height at most, pixels; default `originalHeightPx`. */
  readonly heightPx?: number;
  /** ffmpeg goes on for so long after the last viewer left; default 5 s. */
  readonly graceMs?: number;
  /** ffmpeg's log, and why it was started anew. */
  readonly onLog: LogListener;
  /** A picture that came while ffmpeg was busy, or too soon for MPEG-1's rate. */
  readonly onDrop?: () => void;
}

/** Players decode in JavaScript. */
const originalHeightPx = 480;
const shortestPauseMs = 500;
const longestPauseMs = 30_000;
/** Whoever ran so long was well: the next pause is short again. */
const healthyMs = 30_000;

/**
 * A camera's uncoloured picture as MPEG-1 in MPEG-TS, for jsmpeg players, by `node-rtsp-stream`. One ffmpeg for all
 * viewers, only while there are some; one that ends is started anew. No port is opened, and no credential reaches it.
 */
export class OriginalTile implements AsyncDisposable {
  /**
   * Whole packets of MPEG-TS; shared, never to be modified. A viewer may join with any of them: players wait for the
   * next sequence header (every 12 pictures). Completes when the camera is removed and with disposal; never fails.
   */
  readonly chunks$: Observable<Uint8Array>;
  private readonly feed: OriginalFeed;
  private readonly options: OriginalTileOptions;
  private readonly disposed$ = new ReplaySubject<void>(1);
  private readonly running = new Set<Promise<void>>();

  constructor(feed: OriginalFeed, options: OriginalTileOptions) {
    this.feed = feed;
    this.options = options;
    this.chunks$ = new Observable<Uint8Array>((viewers) => {
      const stop = new AbortController();
      const run = this.supervise(viewers, stop.signal).finally(() => this.running.delete(run));
      this.running.add(run);
      return () => stop.abort();
    }).pipe(takeUntil(this.disposed$), share({ resetOnRefCountZero: () => timer(options.graceMs ?? 5000) }));
  }

  /** Resolves when no ffmpeg is left. */
  /** Of the picture; undefined while the camera's is not known. */
  get size(): SizePx | undefined {
    const size = this.feed.status?.size;
    return size && fitHeight(size, this.heightPx);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed$.next();
    await Promise.all(this.running);
  }

  private get heightPx(): number {
    return this.options.heightPx ?? originalHeightPx;
  }

  private async supervise(viewers: Subscriber<Uint8Array>, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      const startedMs = performance.now();
      const end = await this.run(viewers, signal);
      if (end.kind === 'removed') viewers.complete();
      if (end.kind === 'removed' || end.kind === 'aborted') return;
      if (end.kind === 'resized') continue;
      failures = performance.now() - startedMs > healthyMs ? 1 : failures + 1;
      const pauseMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** (failures - 1));
      this.options.onLog(
        'warning',
        `original of ${this.feed.id}: ${end.reason}; again in ${pauseMs / 1000} s`,
      );
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
    }
  }

  private async run(viewers: Subscriber<Uint8Array>, signal: AbortSignal): Promise<TileEnd> {
    const { onLog, onDrop = () => undefined } = this.options;
    const { heightPx } = this;
    const onChunk = (chunk: Uint8Array): void => viewers.next(chunk);
    try {
      return await runTile({ feed: this.feed, heightPx, signal, onChunk, onLog, onDrop });
    } catch (error) {
      return { kind: 'failed', reason: String(error) };
    }
  }
}
