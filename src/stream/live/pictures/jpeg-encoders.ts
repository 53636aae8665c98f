import { buildArgs } from '../../../ingest/ffmpeg/command.ts';
import { startFfmpeg, type FfmpegProcess } from '../../../ingest/ffmpeg/process.ts';
import { AppError } from '../../../errors.ts';
import type { SizePx } from '../../../frame.ts';
import type { Picture } from './picture.ts';

const defaultIdleMs = 10_000;
const endOfImage = Buffer.from([0xff, 0xd9]);
/** More bytes than this cannot be one JPEG. */
const maxJpegBytes = 32 * 2 ** 20;

interface Job {
  readonly picture: Pick<Picture, 'data'>;
  readonly resolve: (jpeg: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Makes JPEGs with ffmpeg's mjpeg encoder. There is one process per picture size, whatever the number of cameras. The
 * encoder takes the planes as they are, so 640 x 360 costs 1.9 ms of processor time, where sharp takes 4.0 ms
 * (docs/benchmarks.md).
 */
export class JpegEncoders implements AsyncDisposable {
  private readonly quality: number;
  private readonly idleMs: number;
  /** The encoders that take pictures, by size. */
  private readonly encoders = new Map<string, JpegEncoder>();
  /** All encoders, including those that are ending. */
  private readonly running = new Set<JpegEncoder>();

  /**
   * @param quality - ffmpeg's `-q:v`, 2 (best) to 31
   * @param idleMs - an unused encoder ends after this time
   */
  constructor(quality: number, idleMs = defaultIdleMs) {
    this.quality = quality;
    this.idleMs = idleMs;
  }

  /**
   * @param picture - must not change until the promise settles
   * @throws {AppError} FFMPEG_FAILED if the encoder ends; the next picture starts another one
   */
  encode(picture: Pick<Picture, 'data' | 'size'>): Promise<Uint8Array> {
    const { widthPx, heightPx } = picture.size;
    const key = `${widthPx}x${heightPx}`;
    const encoder = this.encoders.get(key) ?? this.start(key, picture.size);
    return encoder.encode(picture);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.running].map((encoder) => encoder[Symbol.asyncDispose]()));
  }

  private start(key: string, size: SizePx): JpegEncoder {
    const { quality, idleMs } = this;
    const onLeave = (): void => {
      if (this.encoders.get(key) === encoder) this.encoders.delete(key); // the entry may already be a successor
    };
    const encoder = new JpegEncoder({ size, quality, idleMs, onLeave });
    this.encoders.set(key, encoder);
    this.running.add(encoder);
    void encoder.ended.then(() => this.running.delete(encoder));
    return encoder;
  }
}

interface JpegEncoderOptions {
  readonly size: SizePx;
  readonly quality: number;
  readonly idleMs: number;
  /** Takes no more pictures. May be called more than once. */
  readonly onLeave: () => void;
}

class JpegEncoder implements AsyncDisposable {
  /** Resolves when its process is gone. */
  readonly ended: Promise<void>;
  private readonly stop = new AbortController();
  private readonly ffmpeg: FfmpegProcess;
  private readonly jobs: Job[] = [];
  private readonly options: JpegEncoderOptions;
  private pieces: Uint8Array[] = [];
  private pieceBytes = 0;
  private endsWithFf = false;
  private idle: NodeJS.Timeout | undefined;

  constructor(options: JpegEncoderOptions) {
    const { size, quality } = options;
    this.options = options;
    this.ffmpeg = startFfmpeg({
      name: `JPEG encoder for ${size.widthPx}x${size.heightPx}`,
      args: jpegArgs(size, quality),
      stdin: 'pipe',
      stdout: 'pipe',
      signal: this.stop.signal,
    });
    this.ffmpeg.stdout.on('data', (chunk: Buffer) => this.take(chunk));
    this.ended = this.ffmpeg.exited.then(
      ({ code }) => this.fail(`it ended with code ${code ?? 'none'}: ${this.ffmpeg.stderrTail.trim()}`),
      (error: unknown) => this.fail(error instanceof Error ? error.message : String(error)),
    );
  }

  encode(picture: Pick<Picture, 'data'>): Promise<Uint8Array> {
    clearTimeout(this.idle);
    return new Promise((resolve, reject) => {
      this.jobs.push({ picture, resolve, reject });
      this.ffmpeg.stdin.write(picture.data);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.idle);
    this.options.onLeave();
    this.ffmpeg.stdin.end(); // ffmpeg waits for pictures and would not notice the signal
    this.stop.abort();
    await this.ended;
  }

  /** Cuts the stream into JPEGs. This is safe because FF D9 never occurs in entropy-coded data. */
  private take(chunk: Buffer): void {
    let rest = chunk;
    if (this.endsWithFf && rest[0] === 0xd9) {
      this.finish(rest.subarray(0, 1));
      rest = rest.subarray(1);
    }
    for (;;) {
      const end = rest.indexOf(endOfImage);
      if (end < 0) break;
      this.finish(rest.subarray(0, end + 2));
      rest = rest.subarray(end + 2);
    }
    this.endsWithFf = rest.at(-1) === 0xff;
    if (rest.length > 0) this.pieces.push(rest);
    this.pieceBytes += rest.length;
    if (this.pieceBytes > maxJpegBytes) this.stop.abort();
  }

  private finish(last: Uint8Array): void {
    const jpeg = Buffer.concat([...this.pieces, last]);
    this.pieces = [];
    this.pieceBytes = 0;
    this.endsWithFf = false;
    this.jobs.shift()?.resolve(jpeg);
    if (this.jobs.length > 0) return;
    clearTimeout(this.idle);
    this.idle = setTimeout(() => void this[Symbol.asyncDispose](), this.options.idleMs);
    this.idle.unref();
  }

  private fail(reason: string): void {
    clearTimeout(this.idle);
    this.options.onLeave();
    const error = new AppError('FFMPEG_FAILED', `JPEG encoder: ${reason}`, {
      cure: 'chromafeed doctor checks ffmpeg; the next picture starts another encoder',
    });
    for (const { reject } of this.jobs.splice(0)) reject(error);
  }
}

/**
 * Arguments for raw planes in and JPEGs out. Nothing delays a picture: ffmpeg does not probe, and no threads hold
 * pictures back.
 */
function jpegArgs(size: SizePx, quality: number): string[] {
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuvj420p', '-s', `${size.widthPx}x${size.heightPx}`];
  return buildArgs({
    global: [],
    inputs: [
      {
        url: 'pipe:0',
        options: [
          ...['-probesize', '32', '-analyzeduration', '0', '-threads', '1'],
          ...raw,
          ...['-framerate', '1000'],
        ],
      },
    ],
    outputs: [
      {
        url: 'pipe:1',
        options: [
          ...['-fps_mode', 'passthrough', '-c:v', 'mjpeg', '-threads', '1', '-q:v', String(quality)],
          ...['-huffman', 'default', '-flush_packets', '1', '-f', 'mjpeg'],
        ],
      },
    ],
  });
}
