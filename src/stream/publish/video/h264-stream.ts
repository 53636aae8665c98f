import { from, Observable, skipWhile, Subject, switchMap } from 'rxjs';
import type { AccessUnit } from './access-unit.ts';
import type { RtspLog } from '../rtsp/rtsp-server.ts';
import type { PictureWish } from '../../live/pictures/picture.ts';
import type { CameraFeed } from '../../live/camera-feed.ts';
import { EncoderRun } from './encoder-run.ts';
import type { VideoFragment, VideoStream } from './video-stream.ts';

export interface VideoStreamOptions extends PictureWish {
  /** At most, over a second, when `fps` pictures come in it; a scene that needs less gets less. */
  readonly bitrateKbps: number;
  /** Default 25. A camera with fewer gets less than the bitrate, one with more gets more: a picture's share is fixed. */
  readonly fps?: number;
  /** Pictures that the encoder was too busy for. */
  readonly onDrop: (count: number) => void;
  readonly log: Pick<RtspLog, 'warn'>;
  /**
   * Of the fMP4's container, asked for with each picture: another one begins a new film. Default: that the colour is
   * synthetic.
   */
  readonly metadata?: () => Readonly<Record<string, string>>;
  /** How long the encoder goes on when nobody watches any more, ms; default 5000. */
  readonly graceMs?: number;
}

const defaultMetadata = { comment: 'Colour is synthetic: made by Chromafeed.', synthetic_color: 'yes' };
const defaultGraceMs = 5000;

/**
 * A camera's pictures as H.264, encoded once for all who subscribe, from the first subscription to 5 s after the last.
 * Every subscriber begins at a keyframe, which is made when it comes. Pictures' capture times are those of the access
 * units and fragments. An fMP4 fragment comes one picture later than its access unit: it says how long it lasts.
 *
 * The observables complete when the camera's pictures do; faults of ffmpeg are logged and it is started again.
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
  /** Of runs that were ended. */
  private ending: Promise<void> = Promise.resolve();
  private isOver = false;

  constructor(feed: Pick<CameraFeed, 'id' | 'pictures$'>, options: VideoStreamOptions) {
    this.feed = feed;
    this.options = options;
    this.accessUnits$ = this.watched(this.units$);
    this.fragments$ = this.watched(this.parts$);
  }

  /** Completes both observables; no ffmpeg is left when it resolves. */
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
    const { heightPx, isMarked, bitrateKbps, fps = 25, onDrop, log } = this.options;
    return new EncoderRun({
      name: `H.264 encoder of "${id}"`,
      // Not before the last run's encoder has handed on its last picture.
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
