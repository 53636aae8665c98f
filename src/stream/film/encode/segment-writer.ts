import type { FieldOrder, Rational } from '../../../frame.ts';
import { AppError } from '../../../errors.ts';
import { fileUrl } from '../../../ingest/ffmpeg/file-url.ts';
import { startFfmpeg, type FfmpegProcess } from '../../../ingest/ffmpeg/process.ts';
import { NutWriter } from '../../../ingest/nut/muxer.ts';
import { rawTag } from '../../../ingest/nut/raw-tags.ts';
import { encodeArgs, type EncodeSettings } from './encode-args.ts';
import type { Journal } from '../resume/journal.ts';
import type { FilmCheckpoint } from '../resume/resume-point.ts';
import type { FrameLayout } from '../../pixels/compose.ts';

/** A frame for the encoder. */
export interface RawFrame {
  readonly index: number;
  readonly pts: number;
  readonly fields: FieldOrder;
  /** It is the last frame of a segment, and another one follows. */
  readonly endsSegment: boolean;
  /** Y, Cb, Cr planes */
  readonly bytes: Uint8Array;
}

export interface SegmentWriterOptions {
  readonly journal: Journal;
  readonly layout: FrameLayout;
  readonly sampleAspect: Rational;
  readonly encode: EncodeSettings;
  readonly signal: AbortSignal;
}

interface OpenSegment {
  readonly number: number;
  readonly firstFrame: number;
  readonly firstPts: number;
  readonly fields: FieldOrder;
  readonly ffmpeg: FfmpegProcess;
  readonly nut: NutWriter;
  frames: number;
  lastPts: number;
}

/**
 * Encodes frames into segments, one ffmpeg for each, and records each finished segment in the journal. A segment is
 * either progressive or interlaced.
 * The next segment starts while the last one is being finished, so at most two encoders run at once.
 */
export class SegmentWriter implements AsyncDisposable {
  private readonly options: SegmentWriterOptions;
  private current: OpenSegment | undefined;
  private finishing: Promise<void> = Promise.resolve();
  private failure: unknown;
  private nextNumber: number;
  private readonly encoders = new Set<FfmpegProcess>();

  constructor(options: SegmentWriterOptions) {
    this.options = options;
    this.nextNumber = options.journal.segments.length;
  }

  /**
   * Writes one frame; resolves when its bytes may be reused.
   * @param checkpoint - called at the last frame of a segment; returns the state that the next segment starts from
   */
  async write(frame: RawFrame, checkpoint: () => Promise<FilmCheckpoint | undefined>): Promise<void> {
    if (this.failure !== undefined) throw this.failure as Error;
    // No checkpoint: a film that is stopped resumes where the last whole segment ended.
    if (this.current !== undefined && this.current.fields !== frame.fields) await this.close(undefined);
    this.current ??= this.begin(frame);
    const { current } = this;
    const header = current.nut.packetHeader({
      pts: frame.pts + this.options.encode.headroom,
      keyframe: true,
      sizeBytes: frame.bytes.length,
    });
    await this.send(current, header, frame.bytes);
    current.frames++;
    current.lastPts = frame.pts;
    if (frame.endsSegment) await this.close(await checkpoint());
  }

  /** Finishes the film's last segment; resolves when every segment is in the journal. */
  async finish(): Promise<void> {
    await this.close(undefined);
    await this.finishing;
    if (this.failure !== undefined) throw this.failure as Error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.encoders].map((ffmpeg) => ffmpeg[Symbol.asyncDispose]()));
    await this.finishing.catch(() => undefined);
  }

  private begin(frame: RawFrame): OpenSegment {
    const { layout, journal, encode, sampleAspect, signal } = this.options;
    const number = this.nextNumber++;
    const ffmpeg = startFfmpeg({
      name: `encoder of segment ${number}`,
      args: encodeArgs({ ...encode, fieldOrder: frame.fields }, layout, fileUrl(journal.segmentPath(number))),
      stdin: 'pipe',
      stdout: 'ignore',
      role: 'encoder',
      signal,
    });
    this.encoders.add(ffmpeg);
    const nut = new NutWriter({
      codecTag: rawTag(layout.chroma, layout.bitDepth),
      timeBase: encode.timeBase,
      sampleAspect,
      widthPx: layout.widthPx,
      heightPx: layout.heightPx,
    });
    ffmpeg.stdin.write(nut.header);
    return {
      number,
      firstFrame: frame.index,
      firstPts: frame.pts,
      fields: frame.fields,
      ffmpeg,
      nut,
      frames: 0,
      lastPts: frame.pts,
    };
  }

  /** Waits for the previous segment, then finishes the current one while the next one starts. */
  private async close(checkpoint: FilmCheckpoint | undefined): Promise<void> {
    const segment = this.current;
    this.current = undefined;
    await this.finishing;
    if (!segment) return;
    this.finishing = this.finishSegment(segment, checkpoint).catch((error: unknown) => {
      this.failure = error;
    });
  }

  private async finishSegment(segment: OpenSegment, checkpoint: FilmCheckpoint | undefined): Promise<void> {
    segment.ffmpeg.stdin.end();
    const { code } = await segment.ffmpeg.exited;
    this.encoders.delete(segment.ffmpeg);
    if (code !== 0) throw encoderFailure(segment.ffmpeg, segment.number);
    const { number, firstFrame, firstPts, lastPts, frames, fields } = segment;
    const record = { number, firstFrame, firstPts, lastPts, frames, fields };
    await this.options.journal.commit(record, checkpoint);
  }

  /** Sends a packet in one call of the system, so the encoder does not wake up for its header alone. */
  private async send(segment: OpenSegment, header: Uint8Array, bytes: Uint8Array): Promise<void> {
    const { stdin, exited } = segment.ffmpeg;
    const written = new Promise<void>((resolve, reject) => {
      stdin.cork();
      stdin.write(header);
      stdin.write(bytes, (error) => (error ? reject(error) : resolve()));
      stdin.uncork();
    });
    try {
      await written;
    } catch {
      await exited; // its last words say why
      throw encoderFailure(segment.ffmpeg, segment.number);
    }
  }
}

function encoderFailure(ffmpeg: FfmpegProcess, segment: number): AppError {
  const tail = ffmpeg.stderrTail.trim();
  if (/No space left on device/i.test(tail)) {
    return new AppError('DISK_FULL', `segment ${segment}: the disk is full; earlier segments are kept`, {
      cure: 'free some space and repeat the command: it resumes after the last finished segment',
      details: { stderr: tail },
    });
  }
  const last = tail.split('\n').at(-1) ?? '';
  return new AppError('FFMPEG_FAILED', `segment ${segment}: the encoder ended early: ${last}`, {
    cure: 'see the message above; try another --codec or --preset',
    details: { stderr: tail },
  });
}
