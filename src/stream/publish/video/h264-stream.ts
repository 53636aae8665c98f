import { from, Observable, skipWhile, Subject, switchMap } from 'rxjs';
import type { AccessUnit } from './access-unit.ts';
import type { RtspLog } from '../rtsp/rtsp-server.ts';
import type { PictureRequest } from '../../live/pictures/picture.ts';
import type { CameraFeed } from '../../live/camera-feed.ts';
import { EncoderRun } from './encoder-run.ts';
import type { VideoFragment, VideoStream } from './video-stream.ts';

export interface VideoStreamOptions extends PictureRequest {
  /** Maximum bitrate over a second with `fps` pictures. A scene that needs less gets less. */
  readonly bitrateKbps: number;
  /** The camera's rate when the encoder starts: the stream declares it, and it divides the bitrate. Default 25. */
  readonly fps?: () => number | undefined;
  /** Pictures were dropped because the encoder was busy. */
  readonly onDrop: (count: number) => void;
  readonly log: Pick<RtspLog, 'warn'>;
  /**
   * Metadata of the fMP4 container, read with each picture. A change restarts the stream. Default: a note that the
   * colour is synthetic.
   */
  readonly metadata?: () => Readonly<Record<string, string>>;
  /** How long the encoder continues after the last viewer has left, ms; default 5000. */
  readonly graceMs?: number;
}

const defaultMetadata = { comment: 'Colour is synthetic: made by Chromafeed.', synthetic_color: 'yes' };
const defaultGraceMs = 5000;

/**
 * A camera's pictures as H.264, encoded once for all subscribers, from the first subscription until 5 s after the last.
 * Every subscriber starts at a keyframe, which is made when it subscribes. Access units and fragments keep the capture
 * times. A fragment comes one picture later than its access unit, because it contains its duration.
 *
 * The observables complete with the camera's pictures. If ffmpeg fails, the fault is logged and ffmpeg restarts.
 */
export function openVideoStream(
  feed: Pick<CameraFeed, 'id' | 'pictures$'>,
  options: VideoStreamOptions,
): VideoStream & AsyncDisposable {
  return new H264Stream(feed, options);
}

class H264Stream implements VideoStream, AsyncDisposable {
  readonly accessUnits$: Observable<AccessUnit>;
  readonly fragments$: Observable<VideoFragment>;
  private readonly feed: Pick<CameraFeed, 'id' | 'pictures$'>;
  private readonly options: VideoStreamOptions;
  private readonly units$ = new Subject<AccessUnit>();
  private readonly parts$ = new Subject<VideoFragment>();
  private watchers = 0;
  private run: EncoderRun | undefined;
  private grace: NodeJS.Timeout | undefined;
  /** Resolves when all earlier runs have ended. */
  private ending: Promise<void> = Promise.resolve();
  private isOver = false;

  constructor(feed: Pick<CameraFeed, 'id' | 'pictures$'>, options: VideoStreamOptions) {
    this.feed = feed;
    this.options = options;
    this.accessUnits$ = this.watched(this.units$);
    this.fragments$ = this.watched(this.parts$);
  }

  /** Completes both observables. When it resolves, ffmpeg is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.isOver = true;
    clearTimeout(this.grace);
    this.endRun();
    await this.ending;
    this.units$.complete();
    this.parts$.complete();
  }

  private watched<T extends { readonly isKeyframe: boolean }>(source: Observable<T>): Observable<T> {
    return new Observable<T>((subscriber) => {
      const subscription = source.pipe(skipWhile((item) => !item.isKeyframe)).subscribe(subscriber);
      this.join();
      return (): void => {
        subscription.unsubscribe();
        this.leave();
      };
    });
  }

  private join(): void {
    this.watchers++;
    clearTimeout(this.grace);
    if (this.isOver) return;
    if (this.run) this.run.requestKeyframe();
    else this.run = this.startRun();
  }

  private leave(): void {
    this.watchers--;
    if (this.watchers > 0 || this.isOver) return;
    this.grace = setTimeout(() => this.endRun(), this.options.graceMs ?? defaultGraceMs);
  }

  private startRun(): EncoderRun {
    const { id } = this.feed;
    const { heightPx, isMarked, bitrateKbps, fps = () => undefined, onDrop, log } = this.options;
    return new EncoderRun({
      name: `H.264 encoder of "${id}"`,
      // Starts only after the last run has emitted its last picture.
      pictures$: from(this.ending).pipe(switchMap(() => this.feed.pictures$({ heightPx, isMarked }))),
      bitrateKbps,
      fps,
      metadata: this.options.metadata ?? ((): typeof defaultMetadata => defaultMetadata),
      log,
      onDrop,
      onUnit: (unit) => this.units$.next(unit),
      onFragment: (fragment) => this.parts$.next(fragment),
      onEnd: () => void this[Symbol.asyncDispose](),
    });
  }

  private endRun(): void {
    const { run } = this;
    this.run = undefined;
    if (run) this.ending = Promise.all([this.ending, run[Symbol.asyncDispose]()]).then(() => undefined);
  }
}
