import { isDeepStrictEqual } from 'node:util';
import { retry, timer, type Observable, type Subscription } from 'rxjs';
import { Backoff, encoderBackoff } from '../../../ingest/live/backoff.ts';
import type { SizePx } from '../../../frame.ts';
import type { RtspLog } from '../rtsp/rtsp-server.ts';
import type { Picture } from '../../live/pictures/picture.ts';
import { H264Encoder, type H264EncoderOptions } from './h264-encoder.ts';

export interface EncoderRunOptions extends Omit<H264EncoderOptions, 'size' | 'metadata' | 'fps'> {
  /** The camera's rate; undefined while it is not known. */
  readonly fps: () => number | undefined;
  readonly pictures$: Observable<Picture>;
  /** The metadata for the next picture. */
  readonly metadata: () => Metadata;
  /** The camera was removed. */
  readonly onEnd: () => void;
  readonly log: Pick<RtspLog, 'warn'>;
}

type Metadata = H264EncoderOptions['metadata'];

/** What an encoder is started for; another kind needs another encoder. */
interface EncoderKind {
  readonly size: SizePx;
  readonly metadata: Metadata;
  readonly fps: number | undefined;
}

/** Declared while the camera's rate is not known. */
const unknownFps = 25;

const retryMs = 1000;

/**
 * Encodes a camera's pictures from construction to disposal. It runs one ffmpeg at a time. A new one starts when the
 * picture size or the metadata change, when the camera's rate becomes known, and after a delay when ffmpeg has died. Pictures in between are dropped and
 * counted.
 */
export class EncoderRun implements AsyncDisposable {
  private readonly options: EncoderRunOptions;
  private readonly subscription: Subscription;
  private encoder: H264Encoder | undefined;
  /** The size and metadata of the running encoder. */
  private kind: EncoderKind | undefined;
  /** Resolves when the last encoder has ended; no new one starts before. */
  private ending: Promise<void> | undefined;
  private backoff: NodeJS.Timeout | undefined;
  private readonly waits = new Backoff({ ...encoderBackoff, random: Math.random });

  constructor(options: EncoderRunOptions) {
    this.options = options;
    this.subscription = options.pictures$.pipe(retry({ delay: () => timer(retryMs) })).subscribe({
      next: (picture) => this.take(picture),
      complete: () => options.onEnd(),
    });
  }

  /** Makes one of the next pictures a keyframe. */
  requestKeyframe(): void {
    this.encoder?.requestKeyframe();
  }

  /** Stops encoding. When it resolves, ffmpeg is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.subscription.unsubscribe();
    clearTimeout(this.backoff);
    const { encoder } = this;
    this.encoder = undefined;
    await this.ending;
    await encoder?.[Symbol.asyncDispose]();
  }

  private take(picture: Picture): void {
    const { metadata, fps } = this.options;
    // A running encoder keeps its rate: small changes must not restart it.
    const known = this.encoder && this.kind?.fps;
    const kind = { size: picture.size, metadata: metadata(), fps: known ?? fps() };
    if (this.encoder && !isDeepStrictEqual(kind, this.kind)) this.end(this.encoder);
    if (this.ending ?? this.backoff) {
      this.options.onDrop(1);
      return;
    }
    this.encoder ??= this.start(kind);
    this.encoder.encode(picture);
  }

  private start(kind: EncoderKind): H264Encoder {
    this.kind = kind;
    const startedMs = performance.now();
    const encoder = new H264Encoder({ ...this.options, ...kind, fps: kind.fps ?? unknownFps });
    void encoder.ended.then((reason) => {
      if (this.encoder === encoder) this.restartLater(reason, performance.now() - startedMs);
    });
    return encoder;
  }

  private end(encoder: H264Encoder): void {
    this.encoder = undefined;
    this.ending = encoder[Symbol.asyncDispose]().then(() => (this.ending = undefined));
  }

  private restartLater(reason: string, livedMs: number): void {
    this.encoder = undefined;
    this.waits.lived(livedMs);
    const waitMs = this.waits.nextMs(performance.now());
    this.options.log.warn(`${this.options.name}: ffmpeg ended (${reason}); restarting in ${waitMs / 1000} s`);
    this.backoff = setTimeout(() => (this.backoff = undefined), waitMs);
  }
}
