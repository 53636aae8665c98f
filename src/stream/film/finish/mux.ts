import { createReadStream } from 'node:fs';
import { AppError } from '../../../errors.ts';
import { buildArgs } from '../../../ingest/ffmpeg/command.ts';
import { fileUrl } from '../../../ingest/ffmpeg/file-url.ts';
import { runFfmpeg, startFfmpeg } from '../../../ingest/ffmpeg/process.ts';
import { decodeTimesFilter } from '../../../ingest/nut/decode-times.ts';
import { tickRatio, type Rational } from '../../../frame.ts';
import type { OtherStream } from '../../../ingest/film/source-info.ts';
import type { Timeline } from '../../../ingest/film/timeline.ts';
import { newBuffer, openNut } from '../../../ingest/nut/demuxer.ts';
import type { NutStream } from '../../../ingest/nut/format.ts';
import { NutWriter } from '../../../ingest/nut/muxer.ts';
import { muxerOf, type Container } from '../encode/encoders.ts';
import { isMoved, packetFilter, type PacketRange, type PacketRules } from './packet-filters.ts';
import { reorderDepth } from './reorder-depth.ts';
import { checkFrames } from './check-frames.ts';
import type { Journal } from '../resume/journal.ts';

/** What happens to a stream in the output. */
export interface CarryPlan {
  readonly stream: OtherStream;
  readonly action: 'copy' | 'convert' | 'drop';
  /** ffmpeg's encoder, if it is converted. */
  readonly encoder?: string;
}

const textSubtitles: readonly string[] = ['subrip', 'ass', 'ssa', 'webvtt', 'mov_text', 'text'];
const subtitleOf: Partial<Record<Container, string>> = {
  mp4: 'mov_text',
  mov: 'mov_text',
  webm: 'webvtt',
  mkv: 'subrip',
};

/**
 * Asks ffmpeg's own muxer, stream by stream, what the output can carry. Text subtitles that it cannot take unchanged
 * are converted to the container's own format; other streams are dropped by name.
 */
export async function planCarry(
  sourcePath: readonly string[],
  streams: readonly OtherStream[],
  container: Container,
  signal: AbortSignal,
): Promise<CarryPlan[]> {
  const plans: CarryPlan[] = [];
  for (const stream of streams) plans.push(await planStream(sourcePath, stream, container, signal));
  return plans;
}

async function planStream(
  sourceArgs: readonly string[],
  stream: OtherStream,
  container: Container,
  signal: AbortSignal,
): Promise<CarryPlan> {
  // ffmpeg's mov muxer makes a timecode track from metadata; copying the track itself fails in mp4.
  if (await canCopy(sourceArgs, stream, container, signal)) return { stream, action: 'copy' };
  const encoder = subtitleOf[container];
  if (stream.kind === 'subtitle' && encoder !== undefined && textSubtitles.includes(stream.codec)) {
    return { stream, action: 'convert', encoder };
  }
  return { stream, action: 'drop' };
}

/** Tries to write the stream's header and first packets. */
async function canCopy(
  sourceArgs: readonly string[],
  stream: OtherStream,
  container: Container,
  signal: AbortSignal,
): Promise<boolean> {
  // Some muxers cannot make a file from a picture or attachment alone, but these are known to work.
  if (stream.kind === 'attachment') return container === 'mkv';
  if (stream.kind === 'picture') return container !== 'webm';
  const result = await runFfmpeg({
    name: 'trial mux',
    signal,
    args: [
      ...['-y', '-t', '1', ...sourceArgs],
      ...['-map', `0:${stream.index}`, '-c', 'copy', '-f', muxerOf[container], '/dev/null'],
    ],
  });
  return result.code === 0;
}

/** The part of the source's clock that is in the output. */
export interface MuxCut {
  /** The source's time at 0 of the output, seconds. */
  readonly zeroS: number;
  /** Leave out sound and subtitles before it; otherwise they keep their place, at negative times. */
  readonly dropsBefore: boolean;
  /** Length from 0 on, seconds; undefined = to the end. All frames of the journal are kept in any case. */
  readonly durationS: number | undefined;
}

export interface MuxOptions {
  readonly journal: Journal;
  /** Of the journal's pts. */
  readonly timeBase: Rational;
  /** Added to the pts in the segments; ticks of the time base. */
  readonly headroom: number;
  /** How the source's other streams go on where its clock jumps; the journal's pts go on already. */
  readonly timeline?: Timeline | undefined;
  /** Packets of the source that are left out, by stream index. */
  readonly leftOut?: ReadonlyMap<number, readonly PacketRange[]> | undefined;
  /** Input arguments of the source: `['-i', path]`, with a `-ss` before them; none for a silent sequence. */
  readonly sourceArgs: readonly string[];
  readonly carry: readonly CarryPlan[];
  readonly cut: MuxCut;
  readonly container: Container;
  /** How far a player turns the picture, degrees clockwise: 0, 90, 180, 270. */
  readonly rotationDegrees: number;
  /** Colour tags again, for codecs whose packets do not contain them (FFV1). */
  readonly colorArgs: readonly string[];
  /** ffmpeg's encoder of the segments. */
  readonly codec: string;
  /** How long the last frame is shown, seconds, if that is longer than usual. */
  readonly lastFrameS?: number | undefined;
  readonly timecode?: string | undefined;
  /** Added to the film's global metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly outputPath: string;
  readonly ffmpegMajor: number;
  readonly signal: AbortSignal;
}

/**
 * Joins the segments and the source's other streams into the finished file. Timestamps come from the segments;
 * nothing is decoded.
 */
export async function muxFilm(options: MuxOptions): Promise<void> {
  const video = await joinedHeader(options);
  await using ffmpeg = startFfmpeg({
    name: 'muxer',
    args: muxArgs(options, packetTimes(options, video)),
    stdin: 'pipe',
    stdout: 'ignore',
    role: 'encoder',
    signal: options.signal,
  });
  const broken = ffmpeg.exited.then(() => undefined);
  for await (const bytes of joinedSegments(options.journal, video)) {
    const written = new Promise<void>((resolve) => ffmpeg.stdin.write(bytes, () => resolve()));
    await Promise.race([written, broken]);
    if (ffmpeg.stdin.destroyed) break;
  }
  ffmpeg.stdin.end();
  const { code } = await ffmpeg.exited;
  options.signal.throwIfAborted();
  if (code === 0) {
    await checkFrames(options.outputPath, options.journal.frames, options.signal);
    return;
  }
  const tail = ffmpeg.stderrTail.trim();
  if (/No space left on device/i.test(tail)) {
    throw new AppError('DISK_FULL', `${options.outputPath}: the disk is full`, {
      cure: 'free some space and repeat the command: only the last step is done again',
    });
  }
  throw new AppError(
    'FFMPEG_FAILED',
    `${options.outputPath}: could not be written: ${tail.split('\n').at(-1) ?? ''}`,
    {
      cure: 'the segments are kept: repeat the command, perhaps with another container (.mkv takes most)',
      details: { stderr: tail },
    },
  );
}

/**
 * The header of the segments as one NUT stream: the header of the first one, with the largest reordering of all of
 * them.
 */
async function joinedHeader({ journal, codec }: MuxOptions): Promise<NutStream> {
  const paths = journal.segments.map(({ number }) => journal.segmentPath(number));
  const [first] = paths;
  if (first === undefined) {
    throw new AppError('INPUT_UNSUPPORTED', 'the film has no frames', {
      cure: 'check the source with ffprobe',
    });
  }
  const reader = await openNut(createReadStream(first), { acquire: newBuffer });
  await reader.packets().return();
  const { video } = reader;
  return { ...video, decodeDelay: await reorderDepth(paths, codec, video.decodeDelay) };
}

/** The segments as one NUT stream. */
async function* joinedSegments(journal: Journal, video: NutStream): AsyncGenerator<Uint8Array> {
  const writer = new NutWriter(video);
  yield writer.header;
  for (const segment of journal.segments) {
    const chunks = createReadStream(journal.segmentPath(segment.number));
    const reader = await openNut(chunks, { acquire: newBuffer });
    for await (const packet of reader.packets()) {
      yield writer.packetHeader({
        pts: packet.pts,
        keyframe: packet.keyframe,
        sizeBytes: packet.data.length,
      });
      yield packet.data;
    }
  }
}

/**
 * The filter that sets what NUT does not store: durations, and the decoding times of the first frames if the codec
 * reorders.
 */
function packetTimes(
  { journal, timeBase, container, cut, lastFrameS }: MuxOptions,
  video: NutStream,
): string | undefined {
  const [first] = journal.segments;
  const last = journal.segments.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const ticks = tickRatio(timeBase, video.timeBase);
  const frameTicks = (ticks * (first.lastPts - first.firstPts)) / Math.max(1, first.frames - 1);
  const zero = Math.round((zeroUs(cut) * video.timeBase.den) / (1e6 * video.timeBase.num));
  const filter = decodeTimesFilter(video, { pts: first.firstPts * ticks - zero, frameTicks });
  const durations = isMp4(container)
    ? mp4Durations({
        frameTicks,
        lastPts: last.lastPts * ticks - zero,
        frames: journal.frames,
        lastFrameS,
        video,
      })
    : lastFrameS && matroskaDurations((last.lastPts * timeBase.num) / timeBase.den - cut.zeroS, lastFrameS);
  if (durations === undefined) return filter;
  return filter === undefined ? `setts=${durations}` : `${filter}:${durations}`;
}

/**
 * NUT stores no durations, and an mp4 whose last frame has none hides that frame. The duration of a long last frame
 * is needed twice: in the packet that is shown last, for the edit list, and in the one that is decoded last, for the
 * length of the track.
 */
function mp4Durations(film: {
  readonly frameTicks: number;
  readonly lastPts: number;
  readonly frames: number;
  readonly lastFrameS: number | undefined;
  readonly video: NutStream;
}): string {
  const usual = Math.max(1, Math.round(film.frameTicks));
  if (film.lastFrameS === undefined) return `duration=${usual}`;
  const { num, den } = film.video.timeBase;
  const long = Math.round((film.lastFrameS * den) / num);
  return `duration='if(eq(N,${film.frames - 1})+eq(PTS,${film.lastPts}),${long},${usual})'`;
}

/**
 * Matroska's filter counts milliseconds. In Matroska the last packet defines the length of the film; other containers
 * need no duration.
 */
function matroskaDurations(lastS: number, lastFrameS: number): string {
  return `duration='if(gte(PTS,${Math.floor(lastS * 1000)}),${Math.round(lastFrameS * 1000)},DURATION)'`;
}

function isMp4(container: Container): boolean {
  return container === 'mp4' || container === 'mov';
}

/**
 * Builds the muxer's arguments (pure).
 * @param bitstreamFilter - for `-bsf:v`
 */
function muxArgs(options: MuxOptions, bitstreamFilter: string | undefined): string[] {
  const { carry, container, sourceArgs } = options;
  const kept = carry.filter((plan) => plan.action !== 'drop');
  const isTurned = options.rotationDegrees !== 0;
  const turnInput =
    isTurned && options.ffmpegMajor >= 6 ? ['-display_rotation', String(-options.rotationDegrees)] : [];
  const turnOutput =
    // Before ffmpeg 6, the tag turned the picture in the other direction.
    isTurned && options.ffmpegMajor < 6 ? ['-metadata:s:v:0', `rotate=${360 - options.rotationDegrees}`] : [];
  const { cut, headroom, timeBase } = options;
  const headroomS = (headroom * timeBase.num) / timeBase.den;
  return buildArgs({
    global: ['-y', '-copyts'],
    inputs: [
      { url: 'pipe:0', options: [...shiftArgs(cut.zeroS + headroomS), '-f', 'nut', ...turnInput] },
      ...(sourceArgs.length > 0
        ? [{ url: sourceArgs.at(-1) ?? '', options: [...shiftArgs(cut.zeroS), ...sourceArgs.slice(0, -2)] }]
        : []),
    ],
    outputs: [
      {
        url: fileUrl(options.outputPath),
        options: [
          ...['-map', '0:v:0'],
          ...kept.flatMap((plan) => ['-map', `1:${plan.stream.index}`]),
          ...(sourceArgs.length > 0 ? ['-map_metadata', '1', '-map_chapters', '1'] : []),
          ...['-c', 'copy'],
          ...(bitstreamFilter === undefined ? [] : ['-bsf:v:0', bitstreamFilter]),
          ...kept.flatMap((plan, i) => (plan.encoder === undefined ? [] : [`-c:${i + 1}`, plan.encoder])),
          ...kept.flatMap(({ stream }, i) => {
            const filter = packetFilter(rulesFor(stream, options));
            // Packets are known by their numbers, so none may be passed over for want of a keyframe.
            const counted = isMoved(options.timeline?.others.get(stream.index)) ? [`-copyinkf:${i + 1}`] : [];
            return filter === undefined ? [] : [`-bsf:${i + 1}`, filter, ...counted];
          }),
          ...kept.flatMap((plan, i) =>
            plan.stream.kind === 'picture' ? [`-disposition:${i + 1}`, 'attached_pic'] : [],
          ),
          ...turnOutput,
          ...options.colorArgs.flatMap((arg, i) => (i % 2 === 0 ? [`${arg}:v:0`] : [arg])),
          // Apple's players want this fourcc for HEVC.
          ...(container !== 'mkv' && /265|hevc/.test(options.codec) ? ['-tag:v:0', 'hvc1'] : []),
          ...(options.timecode === undefined ? [] : ['-timecode', options.timecode]),
          ...Object.entries(options.metadata).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]),
          ...(isMp4(container) ? ['-movflags', '+faststart+use_metadata_tags'] : []),
          ...endArgs(options),
          ...['-max_interleave_delta', '0', '-f', muxerOf[container]],
        ],
      },
    ],
  });
}

/** Moves an input's clock so that the output's 0 is at 0, to a tick of each stream; chapters move with it. */
function shiftArgs(zeroS: number): string[] {
  const us = Math.round(zeroS * 1e6);
  return us === 0 ? [] : ['-itsoffset', (-us / 1e6).toFixed(6)];
}

/** ffmpeg's clock counts microseconds. */
function zeroUs({ zeroS }: MuxCut): number {
  return Math.round(zeroS * 1e6);
}

function rulesFor({ index, kind }: OtherStream, options: MuxOptions): PacketRules {
  const { cut, timeline, leftOut, timeBase } = options;
  return {
    kind,
    clock: timeline?.others.get(index),
    tickS: timeBase.num / timeBase.den,
    leftOut: leftOut?.get(index),
    dropsBefore: cut.dropsBefore,
  };
}

/**
 * Ends sound and chapters, but never before the picture's last frame. ffmpeg compares the source's own times, which tell
 * nothing where the clock jumps: there packets are left out by their numbers.
 */
function endArgs({ cut, journal, timeBase, timeline }: MuxOptions): string[] {
  if (cut.durationS === undefined || timeline !== undefined) return [];
  const tickS = timeBase.num / timeBase.den;
  const pictureS = ((journal.segments.at(-1)?.lastPts ?? 0) + 1) * tickS - cut.zeroS;
  return ['-t', Math.max(cut.durationS, pictureS, 1e-6).toFixed(6)];
}
