import { startWith, type Subscription } from 'rxjs';
import type { RtspServer } from './rtsp-server.ts';
import type { CameraDirectory, CameraFeed } from '../../live/camera-feed.ts';
import type { CameraStreams } from '../video/camera-streams.ts';

/** Keeps the RTSP server's paths in step with the cameras that are republished. */
export class RtspMounts implements Disposable {
  private readonly server: RtspServer;
  private readonly streams: CameraStreams;
  private readonly notice: string;
  private readonly mounts = new Map<string, { readonly feed: CameraFeed; readonly mount: Disposable }>();
  private readonly following: Subscription;

  /** @param options.notice - sentence for the streams' descriptions: the colour is synthetic */
  constructor(options: {
    server: RtspServer;
    cameras: CameraDirectory;
    streams: CameraStreams;
    notice: string;
  }) {
    this.notice = options.notice;
    this.server = options.server;
    this.streams = options.streams;
    this.following = options.cameras.changes$
      .pipe(startWith(undefined))
      .subscribe(() => this.follow(options.cameras.feeds));
  }

  /** The served paths: `/gate`. */
  get paths(): readonly string[] {
    return [...this.mounts.keys()];
  }

  [Symbol.dispose](): void {
    this.following.unsubscribe();
    for (const { mount } of this.mounts.values()) mount[Symbol.dispose]();
    this.mounts.clear();
  }

  private follow(feeds: readonly CameraFeed[]): void {
    const wanted = new Map(
      feeds.flatMap((feed) => (feed.status.rtspPath ? [[feed.status.rtspPath, feed]] : [])),
    );
    for (const [path, { feed, mount }] of this.mounts) {
      if (wanted.get(path) === feed) continue;
      mount[Symbol.dispose]();
      this.mounts.delete(path);
    }
    for (const [path, feed] of wanted) {
      if (this.mounts.has(path)) continue;
      const stream = this.streams.recordingOf(feed);
      const { name } = feed.status;
      const mount = this.server.mount(path, stream.accessUnits$, { name, info: this.notice });
      this.mounts.set(path, { feed, mount });
    }
  }
}
