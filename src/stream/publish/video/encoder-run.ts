import { isDeepStrictEqual } from 'node:util';
import { retry, timer, type Observable, type Subscription } from 'rxjs';
import type { SizePx } from '../../../frame.ts';
import type { RtspLog } from '../rtsp/rtsp-server.ts';
import type { Picture } from '../../live/pictures/picture.ts';
import { H264Encoder, type H264EncoderOptions } from './h264-encoder.ts';

export interface EncoderRunOptions extends Omit<H264EncoderOptions, 'size' | 'metadata'> {
  readonly pictures$: Observable<Picture>;
  /** Of the next picture. */
  readonly metadata: () => Metadata;
  /** The camera was removed. */
  readonly onEnd: () => void;
  readonly log: Pick<RtspLog, 'warn'>;
}

type Metadata = H264EncoderOptions['metadata'];

const backoffMs = { first: 1000, most: 30_000 } as const;
/** An encoder that lived so long was well. */
const healthyMs = 30_000;

/**
 * Encodes a camera's pictures from its creation to its disposal: one ffmpeg at a time, a new one when the pictures'
 * size or the metadata change, and after a while when it has died. Pictures that come meanwhile are dropped and counted.
 */
export class EncoderRun implements AsyncDisposable {
  private readonly options: EncoderRunOptions;
  private readonly subscription: Subscription;
  private encoder: H264Encoder | undefined;
  /** What the encoder was started for. */
  private kind: { readonly size: SizePx; readonly metadata: Metadata } | undefined;
  /** The end of an encoder of another kind; no new one is started before it. */
  private ending: Promise<void> | undefined;
  private backoff: NodeJS.Timeout | undefined;
  private delayMs: number = backoffMs.first;

  constructor(options: EncoderRunOptions) {
    this.options = options;
    this.subscription = options.pictures$.pipe(retry({ delay: () => timer(backoffMs.first) })).subscribe({
      next: (picture) => this.take(picture),
      complete: () => options.onEnd(),
    });
  }

  /** One of the next pictures becomes a keyframe. */
  requestKeyframe(): void {
    this.encoder?.requestKeyframe();
  }

  /** Stops taking pictures; no ffmpeg is left when it resolves. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.subscription.unsubscribe();
    clearTimeout(this.backoff);
    const { encoder } = this;
    this.encoder = undefined;
    await this.ending;
    await encoder?.[Symbol.asyncDispose]();
  }

  private take(picture: Picture): void {
    const kind = { size: picture.size, metadata: this.options.metadata() };
    if (this.encoder && !isDeepStrictEqual(kind, this.kind)) this.end(this.encoder);
    if (this.ending ?? this.backoff) {
      this.options.onDrop(1);
      return;
    }
    this.encoder ??= this.start(kind);
    this.encoder.encode(picture);
  }

  private start(kind: NonNullable<typeof this.kind>): H264Encoder {
    this.kind = kind;
    const startedMs = performance.now();
    const encoder = new H264Encoder({ ...this.options, ...kind });
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
    if (livedMs >= healthyMs) this.delayMs = backoffMs.first;
    this.options.log.warn(
      `${this.options.name}: ffmpeg ended (${reason}); again in ${this.delayMs / 1000} s`,
    );
    this.backoff = setTimeout(() => (this.backoff = undefined), this.delayMs);
    this.delayMs = Math.min(this.delayMs * 2, backoffMs.most);
  }
}
