import { setTimeout as sleep } from 'node:timers/promises';
import { Observable, ReplaySubject, share, takeUntil, timer, type Subscriber } from 'rxjs';
import { Backoff, encoderBackoff } from '../../../../ingest/live/backoff.ts';
import type { LogListener } from '../../../../ingest/ffmpeg/log-lines.ts';
import type { SizePx } from '../../../../frame.ts';
import { fitHeight } from '../../../live/pictures/renditions.ts';
import type { CameraFeed } from '../../../live/camera-feed.ts';
import { runTile, type TileEnd } from './tile-run.ts';

type OriginalFeed = Pick<CameraFeed, 'id' | 'originals$'> & Partial<Pick<CameraFeed, 'status'>>;

export interface OriginalTileOptions {
  /** Maximum height, pixels; default `originalHeightPx`. */
  readonly heightPx?: number;
  /** How long ffmpeg continues after the last viewer has left; default 5 s. */
  readonly graceMs?: number;
  /** Receives ffmpeg's log, and why ffmpeg was restarted. */
  readonly onLog: LogListener;
  /** A picture was dropped: ffmpeg was busy, or it came too soon for MPEG-1's rate. */
  readonly onDrop?: () => void;
}

/** Small, because players decode in JavaScript. */
const originalHeightPx = 480;

/**
 * A camera's original gray picture as MPEG-1 in MPEG-TS, for jsmpeg players, by `node-rtsp-stream`. One ffmpeg serves all
 * viewers, and runs only while there are some. If it ends, it restarts. It opens no port and receives no credentials.
 */
export class OriginalTile implements AsyncDisposable {
  /**
   * Whole packets of MPEG-TS; shared, so do not modify them. A viewer may start with any packet: players wait for the next
   * sequence header (every 12 pictures). Completes when the camera is removed and on disposal; never fails.
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

  /** Size of the picture; undefined until the camera's size is known. */
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
    const waits = new Backoff({ ...encoderBackoff, firstMs: 500, random: Math.random });
    while (!signal.aborted) {
      const startedMs = performance.now();
      const end = await this.run(viewers, signal);
      if (end.kind === 'removed') viewers.complete();
      if (end.kind === 'removed' || end.kind === 'aborted') return;
      if (end.kind === 'resized') continue;
      waits.lived(performance.now() - startedMs);
      const pauseMs = waits.nextMs(performance.now());
      this.options.onLog(
        'warning',
        `original of ${this.feed.id}: ${end.reason}; restarting in ${pauseMs / 1000} s`,
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
