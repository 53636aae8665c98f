import { Subscription } from 'rxjs';
import type { Config } from '../../../config/schema.ts';
import type { Logger } from '../../../log/log.ts';
import { markBy, syntheticMetadata } from '../../synthetic-mark.ts';
import type { CameraFeed } from '../../live/camera-feed.ts';
import { openVideoStream } from './h264-stream.ts';
import { OriginalTile } from './mpeg1/original-tile.ts';
import type { VideoStream } from './video-stream.ts';

export interface CameraStreamsOptions {
  readonly rtsp: Config['rtsp'];
  /** Name and version of the program. */
  readonly program: string;
  readonly log: Logger;
  /** Counts pictures that were dropped because an encoder was busy. */
  readonly onDrop: (camera: string, count: number) => void;
}

type Owned<T> = T & AsyncDisposable;

/** Bitrate of video for dashboards: 600 kbit/s at 360 lines. */
const kbpsPerLine = 600 / 360;

/**
 * The encoded streams of cameras, apart from JPEG: H.264 for tiles, H.264 for recorders, and the original as MPEG-1. Each
 * stream is made at its first request, encodes only while somebody watches, and ends with its camera.
 */
export class CameraStreams implements AsyncDisposable {
  private readonly options: CameraStreamsOptions;
  /** By height. */
  private readonly videos = new Map<number, WeakMap<CameraFeed, Owned<VideoStream>>>();
  private readonly recordings = new WeakMap<CameraFeed, Owned<VideoStream>>();
  private readonly originals = new WeakMap<CameraFeed, OriginalTile>();
  private readonly all = new Set<AsyncDisposable>();
  private readonly following = new Subscription();

  constructor(options: CameraStreamsOptions) {
    this.options = options;
  }

  /** Video for dashboards. The page itself shows the notice and the card. */
  videoOf(feed: CameraFeed, heightPx: number): VideoStream {
    let videos = this.videos.get(heightPx);
    if (videos === undefined) this.videos.set(heightPx, (videos = new WeakMap()));
    const bitrateKbps = Math.round(kbpsPerLine * heightPx);
    return this.made(videos, feed, () => this.openVideo(feed, { heightPx, bitrateKbps, isMarked: false }));
  }

  /** In the size and bitrate of the config's `rtsp`. */
  recordingOf(feed: CameraFeed): VideoStream {
    const { heightPx = 720, bitrateKbps = 2000 } = this.options.rtsp ?? {};
    return this.made(this.recordings, feed, () =>
      this.openVideo(feed, { heightPx, bitrateKbps, isMarked: true }),
    );
  }

  /** Undefined if the camera's config does not publish it. */
  originalOf(feed: CameraFeed): OriginalTile | undefined {
    if (!feed.status.hasOriginal) return undefined;
    return this.made(this.originals, feed, () => {
      const log = this.options.log.child({ camera: feed.id });
      return new OriginalTile(feed, {
        onLog: (level, text) => log.debug({ ffmpeg: text }, `encoder of the original: ${level}`),
        onDrop: () => this.options.onDrop(feed.id, 1),
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.following.unsubscribe();
    await Promise.all([...this.all].map((stream) => stream[Symbol.asyncDispose]()));
  }

  private openVideo(
    feed: CameraFeed,
    { isMarked, ...size }: { heightPx: number; bitrateKbps: number; isMarked: boolean },
  ): Owned<VideoStream> {
    const log = this.options.log.child({ camera: feed.id });
    return openVideoStream(feed, {
      ...size,
      isMarked,
      log: { warn: (text) => log.warn(text) },
      onDrop: (count) => this.options.onDrop(feed.id, count),
      fps: () => declaredFps(feed.status.fpsIn),
      metadata: () => {
        if (feed.status.isOwnColor === true) return { comment: "The camera's own colour." };
        return syntheticMetadata(markBy(this.options.program, feed.status.model));
      },
    });
  }

  private made<T extends AsyncDisposable>(known: WeakMap<CameraFeed, T>, feed: CameraFeed, make: () => T): T {
    const there = known.get(feed);
    if (there) return there;
    const stream = make();
    known.set(feed, stream);
    this.all.add(stream);
    this.endWith(feed, stream);
    return stream;
  }

  /** Ends a stream when its camera is removed. */
  private endWith(feed: CameraFeed, stream: AsyncDisposable): void {
    this.following.add(
      feed.status$.subscribe({
        complete: () => {
          this.all.delete(stream);
          void stream[Symbol.asyncDispose]();
        },
      }),
    );
  }
}

/** The rate that a stream declares: the camera's; undefined until it is known. */
function declaredFps(measured: number): number | undefined {
  return measured > 0 ? Math.min(120, Math.max(1, Math.round(measured))) : undefined;
}
