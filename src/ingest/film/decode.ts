import { buildArgs, passthroughArgs } from '../ffmpeg/command.ts';
import { fileUrl } from '../ffmpeg/file-url.ts';
import { openOutputPipe } from '../ffmpeg/output-pipe.ts';
import { startFfmpeg, type FfmpegProcess } from '../ffmpeg/process.ts';
import { AppError } from '../../errors.ts';
import { lumaBytes, tickRatio, type FieldOrder, type SizePx } from '../../frame.ts';
import { openNut } from '../nut/demuxer.ts';
import { jumpLimits } from './clock-jumps.ts';
import { DecodeLog, type PictureChange } from './decode-log.ts';
import { probeFirstFrames, probeLastPacket } from './ffprobe.ts';
import type { SourceInfo } from './source-info.ts';
import type { SourceInput } from './source-input.ts';
import type { Timeline } from './timeline.ts';

/** A film that was opened and probed. */
export interface DecodeSource {
  readonly input: SourceInput;
  readonly source: SourceInfo;
}

export interface DecodeOptions {
  /** Seconds from the start of the film. */
  readonly startS?: number | undefined;
  readonly durationS?: number | undefined;
  /** The latest point to start from, in ticks; decoding starts somewhat earlier (when resuming). */
  readonly seekPts?: number | undefined;
  /** Deinterlace the luma itself. */
  readonly deinterlace?: boolean | undefined;
  /** What an earlier run found before a certain frame. The frames before it are not examined again (when resuming). */
  readonly known?: { readonly beforePts: number; readonly damage: Damage | undefined } | undefined;
  /** ffmpeg's `-hwaccel`. */
  readonly hwaccel?: string | undefined;
  /** Read whole frames, not only their luma; the buffers then have a `frame`. */
  readonly whole?: WholeFrames | undefined;
}

/** How frames are read with their chroma. */
export interface WholeFrames {
  /** In the order of ffmpeg's `-vf`. The luma comes first, with the same samples as without chroma. */
  readonly filters: readonly string[];
  /** Size of one frame. */
  readonly bytes: number;
}

/** Anything that holds one frame's luma plane. */
export interface DecodeBuffer {
  /** As long as the plane in bytes; the decoder writes to it. */
  readonly luma: Uint8Array;
  /** The whole frame, beginning with the luma; needed if whole frames are read. */
  readonly frame?: Uint8Array;
}

export interface DecodeTarget<T extends DecodeBuffer> {
  /** Returns the buffer for the luma of the next frame. */
  readonly acquire: () => Promise<T>;
  readonly release: (buffer: T) => void;
  readonly signal: AbortSignal;
  readonly onNotice: (text: string) => void;
}

/** The damage of a source whose good frames were read. */
export interface Damage {
  readonly kind: 'corrupted' | 'ends early';
  /** Time of the last good frame before the first fault. */
  readonly atS: number;
  /** Faults that the decoder reported. */
  readonly count: number;
}

export interface DecodeReport {
  readonly damage?: Damage | undefined;
  /** How long the last frame is shown, seconds; undefined if nothing says it. */
  readonly lastFrameS?: number | undefined;
}

export interface DecodedFrame<T> {
  /** In ticks of the source's time base, as in the source. */
  readonly pts: number;
  /** As the source marks the frame; progressive once it is deinterlaced. */
  readonly fields: FieldOrder;
  /** Holds the luma; the receiver owns it. */
  readonly buffer: T;
}

/** A film while it is decoded. Disposal ends its ffmpeg. */
export interface LumaDecoder<T> extends AsyncDisposable {
  /** Can be iterated once. */
  readonly frames: AsyncIterable<DecodedFrame<T>>;
  /** Complete after the frames have ended. */
  readonly report: DecodeReport;
  /**
   * The damage before the frame with this pts, including what an earlier run found. Only for delivered frames.
   */
  damageBefore(pts: number): Damage | undefined;
}

/** Decoding starts this long before the wanted frame. */
const seekMarginS = 1;
/** The same in containers without an index, where a seek may land after the keyframe that the frame needs. */
const seekMarginLooseS = 10;
/**
 * In such containers ffmpeg's `-to` is wrong by a few frames, so it is set later and reading stops at the exact frame.
 */
const endMarginS = 1;
const looseContainers: readonly string[] = ['mpegts', 'mpeg', 'avi'];
/** Added to the timestamps on the pipe if the film has negative ones, which NUT cannot store; seconds. */
const headroomS = 3600;
/** If a film ends this much before its container's duration, it is incomplete. */
const earlyEndS = 1.5;

/** Builds the arguments of the decoding ffmpeg: luma planes in NUT on standard output, with the source's timestamps. */
export function decodeArgs({ input, source }: DecodeSource, options: DecodeOptions): string[] {
  const { video } = source;
  const startS = seekS(source, options);
  const endS =
    options.durationS === undefined ? undefined : (options.startS ?? 0) + options.durationS + endMarginS;
  const headroom = headroomTicks(source);
  const filters = [
    ...(source.timeline === undefined ? [] : [joinedClock(source.timeline, source)]),
    'showinfo=checksum=0', // tells `DecodeLog` each frame's time and size
    ...(headroom === 0 ? [] : [`setpts=PTS+${headroom}`]),
    ...(options.deinterlace === true ? ['bwdif=mode=send_frame'] : []),
    ...(options.whole?.filters ?? video.luma.filters),
  ];
  return buildArgs({
    global: ['-loglevel', 'repeat+level+info', '-nostats', '-copyts'],
    inputs: [
      {
        url: input.url,
        options: [
          '-noautorotate',
          ...(options.hwaccel === undefined ? [] : ['-hwaccel', options.hwaccel]),
          ...(startS > 0 ? ['-ss', startS.toFixed(6)] : []),
          ...(endS === undefined || source.timeline !== undefined ? [] : ['-to', endS.toFixed(6)]),
          ...input.options,
        ],
      },
    ],
    outputs: [
      {
        url: 'pipe:1',
        options: [
          ...['-max_error_rate', '1'], // do not stop before the film ends, however many faults there are
          ...['-map', `0:${video.index}`, '-an', '-sn', '-dn', '-vf', filters.join(',')],
          ...(endS === undefined || source.timeline === undefined
            ? []
            : ['-t', (endS + Math.max(0, startOf(source))).toFixed(6)]),
          ...passthroughArgs(video.timeBase),
          ...['-c:v', 'rawvideo', '-f', 'nut'],
        ],
      },
    ],
  });
}

/**
 * Decodes the luma planes of a film one frame at a time, without dropping or adding any. It reads the next frame only
 * when `acquire` returns a buffer.
 */
export function decodeLuma<T extends DecodeBuffer>(
  film: DecodeSource,
  options: DecodeOptions,
  target: DecodeTarget<T>,
): LumaDecoder<T> {
  return new FfmpegDecoder(film, options, target);
}

/**
 * The filter that makes the picture's times continue where its clock jumps. Variable 0 counts the jumps. The thresholds
 * are the same as for the packets' jumps, which count from the end of the last picture. Pictures come in the order in
 * which they are shown, so a time that goes back is always a jump.
 */
function joinedClock({ picture }: Timeline, source: SourceInfo): string {
  const { num, den } = source.video.timeBase;
  const { back, forward } = jumpLimits(num / den);
  const frame = Math.round(pictureTicks(source));
  const count = `st(0,ld(0)+lt(PTS,PREV_INPTS-${Math.max(0, back - frame)})+gt(PTS,PREV_INPTS+${forward + frame}))`;
  const steps = picture.map((ticks, i) =>
    i === 0 ? String(ticks) : `gte(ld(0),${i})*(${ticks - (picture[i - 1] ?? 0)})`,
  );
  return `setpts='${count};PTS+${steps.join('+')}'`;
}

/**
 * The position to which ffmpeg seeks, seconds from the film's start; 0: it does not seek, as in a film whose clock
 * jumps.
 */
function seekS(source: SourceInfo, options: DecodeOptions): number {
  if (source.timeline !== undefined) return 0;
  const isLoose = looseContainers.includes(source.container);
  const tickS = source.video.timeBase.num / source.video.timeBase.den;
  const sought = options.seekPts === undefined ? 0 : options.seekPts * tickS - startOf(source);
  const margin = isLoose ? seekMarginLooseS : seekMarginS;
  return Math.max(0, sought - margin, (options.startS ?? 0) - (isLoose ? margin : 0));
}

/**
 * The ticks that are added on the pipes to and from ffmpeg, so every timestamp is 0 or more. They are whole seconds; 0
 * for most films.
 */
export function headroomTicks({ video }: Pick<SourceInfo, 'video'>): number {
  if (video.startPts === undefined || video.startPts >= 0) return 0;
  const { num, den } = video.timeBase;
  return Math.ceil((headroomS - (video.startPts * num) / den) / num) * den;
}

class FfmpegDecoder<T extends DecodeBuffer> implements LumaDecoder<T> {
  private readonly film: DecodeSource;
  private readonly options: DecodeOptions;
  private readonly target: DecodeTarget<T>;
  private ffmpeg: FfmpegProcess | undefined;
  private lastPts: number | undefined;
  private log: DecodeLog | undefined;
  /** The number of the last picture in a sequence, from 0. */
  private lastPicture = -1;
  /** A sequence, read from a later picture on. */
  private isSoughtSequence: boolean;
  private damage: Damage | undefined;
  private lastFrameS: number | undefined;

  constructor(film: DecodeSource, options: DecodeOptions, target: DecodeTarget<T>) {
    this.film = film;
    this.options = options;
    this.target = target;
    this.isSoughtSequence = options.seekPts !== undefined || (options.startS ?? 0) > 0;
  }

  get frames(): AsyncIterable<DecodedFrame<T>> {
    return this.read(this.options);
  }

  get report(): DecodeReport {
    return { damage: this.damage, lastFrameS: this.lastFrameS };
  }

  damageBefore(pts: number): Damage | undefined {
    const known = this.options.known?.damage;
    const found = this.log?.faultsBefore(pts);
    const count = (known?.count ?? 0) + (found?.count ?? 0);
    if (count === 0) return undefined;
    const foundAtS = found?.firstAtS === undefined ? 0 : found.firstAtS - startOf(this.film.source);
    return { kind: 'corrupted', atS: known?.atS ?? foundAtS, count };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ffmpeg?.[Symbol.asyncDispose]();
  }

  private async *read(options: DecodeOptions): AsyncGenerator<DecodedFrame<T>> {
    const { acquire, release, signal, onNotice } = this.target;
    const isSought = seekS(this.film.source, options) > 0;
    const log = new DecodeLog((change) => onNotice(this.describeChange(change)), {
      ignoreStart: isSought,
      jumpsS: this.jumpsS(),
      unmarkedFields: options.deinterlace === true ? undefined : this.film.source.video.unmarkedFields,
      sincePts: options.known?.beforePts,
    });
    this.log = log;
    await using ffmpeg = startFfmpeg({
      name: `decoder of ${this.film.input.name}`,
      args: decodeArgs(this.film, options),
      stdout: (await openOutputPipe()) ?? 'pipe',
      signal,
      onLog: (level, text) => log.line(level, text),
    });
    this.ffmpeg = ffmpeg;
    const ended = (): void => log.end();
    ffmpeg.exited.then(ended, ended);
    const headroom = headroomTicks(this.film.source);
    const size = options.whole?.bytes ?? lumaBytes(this.film.source.video);
    const asked = askedPts(this.film.source, options);
    let broken: AppError | undefined;
    try {
      const reader = await openNut(ffmpeg.chunks, {
        acquire: async () => {
          const buffer = await acquire();
          return { data: options.whole === undefined ? buffer.luma : (buffer.frame ?? buffer.luma), buffer };
        },
        release: ({ buffer }) => release(buffer),
      });
      // ffmpeg's NUT writer makes coarse time bases finer.
      const ticks = tickRatio(reader.video.timeBase, this.film.source.video.timeBase);
      for await (const packet of reader.packets()) {
        const { buffer } = packet.buffer;
        if (packet.data.length !== size) {
          release(buffer);
          throw wrongSize(this.film, size, packet.data.length, reader.video);
        }
        const pts = Math.round(packet.pts * ticks) - headroom;
        await this.checkPicture(pts);
        const fields = options.deinterlace === true ? 'progressive' : await log.fieldsOf(pts);
        if (pts < asked.first || pts >= asked.end) {
          release(buffer);
          continue;
        }
        this.lastPts = pts;
        yield { pts, fields, buffer };
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'INPUT_DAMAGED') throw error;
      broken = error;
    }
    const { code } = await ffmpeg.exited;
    signal.throwIfAborted();
    if (this.lastPts === undefined && options.hwaccel !== undefined) {
      const reason = log.firstProblem === '' ? 'no frame came' : log.firstProblem;
      onNotice(`-hwaccel ${options.hwaccel} failed (${reason}): decoding in software`);
      yield* this.read({ ...options, hwaccel: undefined });
      return;
    }
    if (code === 0 && broken === undefined) this.lastFrameS = await this.findLastFrameS(signal);
    await this.conclude(code, log, broken !== undefined);
  }

  /** ffmpeg skips a numbered picture that it cannot read, or ends there, without an error. */
  private async checkPicture(pts: number): Promise<void> {
    const { input, source } = this.film;
    if (!input.isSequence) return;
    const step = pictureTicks(source);
    const missing = this.lastPicture + 1;
    this.lastPicture = Math.round(pts / step);
    if (this.lastPicture > missing && !this.isSoughtSequence) throw await unreadablePicture(this.film);
    this.isSoughtSequence = false;
  }

  /** Where the clock jumps, as the log shows it. */
  private jumpsS(): number[] {
    const { timeline, video } = this.film.source;
    return (timeline?.jumps ?? []).map((pts) => (pts * video.timeBase.num) / video.timeBase.den);
  }

  private describeChange({ text, atS }: PictureChange): string {
    const { name } = this.film.input;
    return `${name}: at ${(atS - startOf(this.film.source)).toFixed(2)} s ${text}`;
  }

  /** Decides at the end whether the film was complete. */
  private async conclude(code: number | undefined, log: DecodeLog, isCutOff: boolean): Promise<void> {
    const { video } = this.film.source;
    const { files, isSequence } = this.film.input;
    const isWholeSequence = isSequence && this.options.durationS === undefined;
    if (isWholeSequence && this.lastPicture + 1 < files.length) throw await unreadablePicture(this.film);
    if (this.lastPts === undefined) throw noFrame(this.film, code, log);
    const tickS = video.timeBase.num / video.timeBase.den;
    const startS = startOf(this.film.source);
    const lastS = this.lastPts * tickS - startS;
    const found = this.damageBefore(Infinity);
    const endS = lastS + (this.lastFrameS ?? 0);
    const endsEarly = isCutOff || code !== 0 || endS < this.wholeS(found !== undefined) - earlyEndS;
    this.damage = endsEarly ? { kind: 'ends early', atS: lastS, count: found?.count ?? 1 } : found;
  }

  /**
   * Finds how long the last frame is shown, which may be longer or shorter than the others, as in a slide show. ffmpeg's
   * log does not contain it, so ffprobe reads the last packets.
   */
  private async findLastFrameS(signal: AbortSignal): Promise<number | undefined> {
    const { input, source } = this.film;
    const { timeBase, index } = source.video;
    const isPart = this.options.durationS !== undefined;
    if (this.lastPts === undefined || isPart || input.isSequence || source.timeline !== undefined)
      return undefined;
    const tickS = timeBase.num / timeBase.den;
    const lastS = this.lastPts * tickS;
    const where = { index, fromS: lastS - seekMarginLooseS };
    const last = await probeLastPacket(input, where, signal).catch(() => undefined); // the film itself was read
    signal.throwIfAborted();
    if (last?.pts !== this.lastPts) return undefined;
    const restS = (source.video.durationS ?? 0) - (lastS - startOf(source));
    const foundS = last.duration === undefined ? Math.min(restS, earlyEndS) : last.duration * tickS;
    return foundS >= tickS ? foundS : undefined;
  }

  /** Seconds that the requested part of the picture should last. */
  private wholeS(hasFaults: boolean): number {
    const { source } = this.film;
    const { startS = 0, durationS = Infinity } = this.options;
    // The container's duration may belong to a longer sound track, so without a fault it proves nothing.
    const hasOthers = source.others.some((other) => other.kind === 'audio' || other.kind === 'video');
    const container = hasOthers && !hasFaults ? 0 : (source.durationS ?? 0);
    return Math.min(source.video.durationS ?? container, startS + durationS);
  }
}

/** The requested part: from the first pts up to the end, which is excluded. */
function askedPts({ video }: SourceInfo, options: DecodeOptions): { first: number; end: number } {
  const { startS = 0, durationS = Infinity } = options;
  const begin = video.startPts ?? 0;
  const ticksOfS = (s: number): number => begin + Math.round((s * video.timeBase.den) / video.timeBase.num);
  return {
    first: options.startS === undefined ? -Infinity : ticksOfS(startS),
    end: ticksOfS(startS + durationS),
  };
}

/** When the picture starts, on the source's own clock, seconds. */
function startOf({ video }: SourceInfo): number {
  return ((video.startPts ?? 0) * video.timeBase.num) / video.timeBase.den;
}

function nameOf({ widthPx, heightPx }: SizePx): string {
  return `${widthPx}x${heightPx}`;
}

/** Ticks from one picture to the next. */
function pictureTicks({ video }: SourceInfo): number {
  const rate = video.baseFrameRate ?? video.averageFrameRate ?? { num: 1, den: 1 };
  return (video.timeBase.den * rate.den) / (video.timeBase.num * rate.num);
}

/** ffmpeg's times do not show which picture is bad, so each one is tried separately. */
async function unreadablePicture({ input }: DecodeSource): Promise<AppError> {
  let bad = 'one of them';
  for (const file of input.files) {
    const alone = { ...input, name: file, url: fileUrl(file), options: [] };
    const frames = await probeFirstFrames(alone, 0).catch(() => []);
    if (frames.length > 0) continue;
    bad = file;
    break;
  }
  return new AppError(
    'INPUT_DAMAGED',
    `${input.name}: expected ${input.files.length} pictures but ${bad} can't be read`,
    { cure: 'replace this picture, or add --skip-bad: the previous picture is then shown instead' },
  );
}

function noFrame({ input }: DecodeSource, code: number | undefined, log: DecodeLog): AppError {
  if (code === undefined) {
    return new AppError('FFMPEG_FAILED', `${input.name}: ffmpeg crashed before the first frame`, {
      cure: 'try another version of ffmpeg (set FFMPEG_PATH to its path)',
    });
  }
  const reason =
    log.firstProblem === '' ? 'the film, or the requested part of it, is empty' : log.firstProblem;
  return new AppError('INPUT_UNSUPPORTED', `${input.name}: no frame could be decoded (${reason})`, {
    cure: 'check the file with ffprobe; it may be incomplete, or another kind of file than its name says',
  });
}

function wrongSize(
  { input, source }: DecodeSource,
  expected: number,
  got: number,
  picture: SizePx,
): AppError {
  const wanted = nameOf(source.video);
  return new AppError(
    'FFMPEG_FAILED',
    `${input.name}: expected frames of ${wanted} and ${expected} bytes but got ${nameOf(picture)} and ${got} bytes`,
    { cure: 'convert the film to one size first: ffmpeg -i INPUT -c:v ffv1 -c:a copy CONVERTED.mkv' },
  );
}
