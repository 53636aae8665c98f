import pino from 'pino';
import type { Subscription } from 'rxjs';
import type { CameraState, DropCause } from '../../src/ingest/live/camera-status.ts';
import { cameraSchema, type CameraConfig } from '../../src/config/schema.ts';
import type { LiveFeed, LiveFrame } from '../../src/ingest/live/live-feed.ts';
import type { DecodeAmount } from '../../src/ingest/live/live-args.ts';
import { openLiveFeed } from '../../src/ingest/live/open-live-feed.ts';
import type { Logger } from '../../src/log/log.ts';
import type { NutBuffer } from '../../src/ingest/nut/demuxer.ts';

type Wish = Partial<CameraConfig> & Pick<CameraConfig, 'source'>;

/** Opens a real feed and records everything that it reports. */
export function watchFeed(config: Wish, log?: Logger, amount?: DecodeAmount): WatchedFeed {
  return new WatchedFeed(config, log, amount);
}

export class WatchedFeed implements AsyncDisposable {
  readonly feed: LiveFeed<NutBuffer>;
  readonly states: CameraState[] = [];
  readonly dropped: Record<DropCause, number> = { busy: 0, encoder: 0, viewer: 0, rate: 0, damaged: 0 };
  /** The last frames, newest last. */
  readonly frames: LiveFrame<NutBuffer>[] = [];
  /** The arrival times of all frames, ms. */
  readonly times: number[] = [];
  /** Buffers that the feed has taken and neither delivered nor released. */
  out = 0;
  /** The number of buffers that the feed has requested. */
  acquired = 0;
  reconnects = 0;
  private readonly checks = new Set<() => void>();
  private readonly watching: Subscription;

  constructor(config: Wish, log: Logger = pino({ level: 'silent' }), amount: DecodeAmount = {}) {
    this.feed = openLiveFeed({
      ...amount,
      id: 'gate',
      config: cameraSchema.parse({ day: 'colorize', ...config }),
      buffers: { acquire: (bytes) => this.acquire(bytes), release: () => this.out-- },
      log,
      onDrop: (cause, count) => {
        this.dropped[cause] += count;
        this.look();
      },
      onReconnect: () => this.reconnects++,
    });
    this.feed.state$.subscribe((state) => {
      this.states.push(state);
      this.look();
    });
    this.watching = this.feed.frames$.subscribe((frame) => {
      this.out--;
      this.times.push(performance.now());
      this.frames.push(frame);
      if (this.frames.length > 30) this.frames.shift();
      this.look();
    });
  }

  get state(): CameraState {
    return this.states.at(-1)!;
  }

  get kinds(): string[] {
    return this.states.map(({ kind }) => kind);
  }

  get last(): LiveFrame<NutBuffer> {
    return this.frames.at(-1)!;
  }

  /** The reason for the last lost connection. */
  get reason(): string {
    const lost = this.states.findLast((state) => 'reason' in state);
    return lost !== undefined && 'reason' in lost ? lost.reason : '';
  }

  /** Resolves as soon as a condition is true. Checks it after each frame, state and drop. Rejects after `limitMs`. */
  until(what: string, isSo: () => boolean, limitMs = 20_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!isSo()) return;
        clearTimeout(timer);
        this.checks.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.checks.delete(check);
        const seen = `${this.times.length} frames, states ${JSON.stringify(this.states)}`;
        reject(new Error(`expected ${what} within ${limitMs} ms but got ${seen}`));
      }, limitMs);
      this.checks.add(check);
      check();
    });
  }

  untilLive(limitMs?: number): Promise<void> {
    return this.until('a live camera', () => this.state.kind === 'live', limitMs);
  }

  /** Waits for this many more frames. */
  untilFrames(count: number, limitMs?: number): Promise<void> {
    const wanted = this.times.length + count;
    return this.until(`${count} more frames`, () => this.times.length >= wanted, limitMs);
  }

  /** Stops taking frames. */
  leave(): void {
    this.watching.unsubscribe();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feed[Symbol.asyncDispose]();
  }

  private acquire(sizeBytes: number): NutBuffer {
    this.out++;
    this.acquired++;
    this.look();
    return { data: new Uint8Array(sizeBytes) };
  }

  private look(): void {
    for (const check of [...this.checks]) check();
  }
}
