import { buildArgs } from '../ffmpeg/command.ts';
import { startFfmpeg, type FfmpegProcess } from '../ffmpeg/process.ts';
import { AppError } from '../errors.ts';
import { openNut, type NutBuffer } from '../nut/demuxer.ts';
import { ticksOf } from '../frame.ts';
import type { SourceInfo } from './source-info.ts';
import type { SourceInput } from './source-input.ts';

/** A film that was opened and probed. */
export interface DecodeSource {
  readonly input: SourceInput;
  readonly source: SourceInfo;
}

export interface DecodeOptions {
  /** Seconds from the film's beginning. */
  readonly startS?: number | undefined;
  readonly durationS?: number | undefined;
  /** Where to begin at the latest, in ticks: decoding starts some way before it (resuming). */
  readonly seekPts?: number | undefined;
  /** Deinterlaces the luma itself. */
  readonly deinterlace?: boolean | undefined;
  /** ffmpeg's `-hwaccel`. */
  readonly hwaccel?: string | undefined;
}

export interface DecodeTarget<T extends NutBuffer> {
  /** Gives the buffer that the next frame's luma goes into; its `data` is as long as the plane. */
  readonly acquire: () => Promise<T>;
  readonly release: (buffer: T) => void;
  readonly signal: AbortSignal;
  readonly onNotice: (text: string) => void;
}

/** What is wrong with a source whose good frames were read. */
export interface Damage {
  readonly kind: 'corrupted' | 'ends early';
  /** Time of the last good frame before the first fault. */
  readonly atS: number;
  /** Faults that the decoder reported. */
  readonly count: number;
}

export interface DecodeReport {
  readonly damage?: Damage | undefined;
}

export interface DecodedFrame<T> {
  /** In ticks of the source's time base, as in the source. */
  readonly pts: number;
  /** Holds the luma; the receiver owns it. */
  readonly buffer: T;
}

/** A film being decoded. Disposal ends its ffmpeg. */
export interface LumaDecoder<T> extends AsyncDisposable {
  /** Single use. */
  readonly frames: AsyncIterable<DecodedFrame<T>>;
  /** Complete once the frames have ended. */
  readonly report: DecodeReport;
}

/** Decoding begins so long before the frame that is looked for. */
const seekMarginS = 1;
/** A film that ends so much before its container's duration has broken off. */
const earlyEndS = 1.5;

/** The arguments of the decoding ffmpeg: luma planes by NUT on standard output, with the source's own timestamps. */
export function decodeArgs({ input, source }: DecodeSource, options: DecodeOptions): string[] {
  const { video } = source;
  const tickS = video.timeBase.num / video.timeBase.den;
  const soughtS =
    options.seekPts === undefined
      ? undefined
      : (options.seekPts - (video.startPts ?? 0)) * tickS - seekMarginS;
  const startS = Math.max(soughtS ?? 0, options.startS ?? 0);
  const endS = options.durationS === undefined ? undefined : (options.startS ?? 0) + options.durationS;
  const filters = [...(options.deinterlace === true ? ['bwdif=mode=send_frame'] : []), ...video.luma.filters];
  return buildArgs({
    global: ['-copyts', '-noautorotate'],
    inputs: [
      {
        url: input.url,
        options: [
          ...(options.hwaccel === undefined ? [] : ['-hwaccel', options.hwaccel]),
          ...(startS > 0 ? ['-ss', startS.toFixed(6)] : []),
          ...(endS === undefined ? [] : ['-to', endS.toFixed(6)]),
          ...input.options,
        ],
      },
    ],
    outputs: [
      {
        url: 'pipe:1',
        options: [
          ...['-map', `0:${video.index}`, '-an', '-sn', '-dn', '-vf', filters.join(',')],
          ...['-fps_mode', 'passthrough', '-enc_time_base', '-1', '-c:v', 'rawvideo', '-f', 'nut'],
        ],
      },
    ],
  });
}

/**
 * Decodes a film's luma planes, one frame at a time, none dropped and none made: it reads on only when `acquire`
 * gives a buffer.
 */
export function decodeLuma<T extends NutBuffer>(
  film: DecodeSource,
  options: DecodeOptions,
  target: DecodeTarget<T>,
): LumaDecoder<T> {
  return new FfmpegDecoder(film, options, target);
}

class FfmpegDecoder<T extends NutBuffer> implements LumaDecoder<T> {
  private readonly film: DecodeSource;
  private readonly options: DecodeOptions;
  private readonly target: DecodeTarget<T>;
  private ffmpeg: FfmpegProcess | undefined;
  private lastPts: number | undefined;
  private faults = 0;
  private faultPts: number | undefined;
  private firstFault = '';
  private damage: Damage | undefined;

  constructor(film: DecodeSource, options: DecodeOptions, target: DecodeTarget<T>) {
    this.film = film;
    this.options = options;
    this.target = target;
  }

  get frames(): AsyncIterable<DecodedFrame<T>> {
    return this.read(this.options);
  }

  get report(): DecodeReport {
    return { damage: this.damage };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ffmpeg?.[Symbol.asyncDispose]();
  }

  private async *read(options: DecodeOptions): AsyncGenerator<DecodedFrame<T>> {
    const { acquire, release, signal, onNotice } = this.target;
    this.ffmpeg = startFfmpeg({
      name: `decoder of ${this.film.input.name}`,
      args: decodeArgs(this.film, options),
      stdout: 'pipe',
      signal,
      onLog: (level, text) => this.note(level, text),
    });
    let broken: unknown;
    try {
      const reader = await openNut(this.ffmpeg.stdout, { acquire, release });
      const ticks = ticksOf(reader.video.timeBase, this.film.source.video.timeBase);
      for await (const packet of reader.packets()) {
        this.lastPts = Math.round(packet.pts * ticks);
        yield { pts: this.lastPts, buffer: packet.buffer };
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'INPUT_DAMAGED') throw error;
      broken = error;
    }
    const { code } = await this.ffmpeg.exited;
    signal.throwIfAborted();
    if (this.lastPts === undefined && options.hwaccel !== undefined) {
      onNotice(
        `-hwaccel ${options.hwaccel} failed (${this.firstFault || 'no frame came'}): decoding in software`,
      );
      yield* this.read({ ...options, hwaccel: undefined });
      return;
    }
    this.conclude(code, broken);
  }

  private note(level: string, text: string): void {
    if (level !== 'error' && level !== 'fatal') return;
    this.faults++;
    if (this.faults > 1) return;
    this.firstFault = text.replace(/^\\[[^\\]]*\\] /, '');
    this.faultPts = this.lastPts;
  }

  /** Decides at the end whether the film was whole. */
  private conclude(code: number | undefined, broken: unknown): void {
    const { input, source } = this.film;
    const { video } = source;
    if (this.lastPts === undefined) {
      throw new AppError(
        'INPUT_UNSUPPORTED',
        `${input.name}: no frame could be decoded (${this.firstFault || 'the film is empty'})`,
        {
          cure: 'check the file with ffprobe; it may be cut short or of another kind than it says',
        },
      );
    }
    const tickS = video.timeBase.num / video.timeBase.den;
    const secondsOf = (pts: number): number => (pts - (video.startPts ?? 0)) * tickS;
    const wholeS = Math.min(
      video.durationS ?? source.durationS ?? 0,
      this.options.durationS === undefined ? Infinity : (this.options.startS ?? 0) + this.options.durationS,
    );
    const endsEarly = secondsOf(this.lastPts) < wholeS - earlyEndS;
    if (this.faults === 0 && !endsEarly && broken === undefined && code === 0) return;
    this.damage = {
      kind: endsEarly || broken !== undefined ? 'ends early' : 'corrupted',
      atS: secondsOf(this.faultPts ?? this.lastPts),
      count: Math.max(1, this.faults),
    };
  }
}
