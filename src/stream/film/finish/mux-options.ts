/** The options of a film's muxer. */
import type { Rational } from '../../../frame.ts';
import type { VideoInfo } from '../../../ingest/film/source-info.ts';
import type { Timeline } from '../../../ingest/film/timeline.ts';
import type { Container } from '../encode/encoders.ts';
import type { FinishedSegments } from './finished-segments.ts';
import type { PacketRange } from './packet-filters.ts';
import type { CarryPlan } from './plan-carry.ts';
import type { CoverFile } from './covers.ts';

/** The part of the source's clock that is in the output. */
export interface MuxCut {
  /** The source's time at 0 of the output, seconds. */
  readonly zeroS: number;
  /** Leave out sound and subtitles before it; otherwise they are kept, at negative times. */
  readonly dropsBefore: boolean;
  /** Length from 0 on, seconds; undefined = to the end. All frames of the journal are kept in any case. */
  readonly durationS: number | undefined;
}

export interface MuxOptions {
  readonly journal: FinishedSegments;
  /** The time base of the journal's pts. */
  readonly timeBase: Rational;
  /** Added to the pts in the segments; ticks of the time base. */
  readonly headroom: number;
  /** How the source's other streams continue where its clock jumps. The journal's pts have no jumps. */
  readonly timeline?: Timeline | undefined;
  /** Packets of the source that are left out, by stream index. */
  readonly leftOut?: ReadonlyMap<number, readonly PacketRange[]> | undefined;
  /** Input arguments of the source: `['-i', path]`, with a `-ss` before them; none for a silent sequence. */
  readonly sourceArgs: readonly string[];
  /** Whether ffmpeg treats the source's clock like that of a broadcast, which may jump (MPEG-TS, DVD, Ogg). */
  readonly isBroadcast?: boolean | undefined;
  readonly carry: readonly CarryPlan[];
  /** Covers that are attached as files. */
  readonly covers: readonly CoverFile[];
  /** The source's picture, for its track's title, language and flags; undefined: there is none. */
  readonly picture?: VideoInfo | undefined;
  readonly cut: MuxCut;
  readonly container: Container;
  /** By how many degrees a player rotates the picture clockwise: 0, 90, 180, 270. */
  readonly rotationDegrees: number;
  /** Colour tags again, for codecs whose packets do not contain them (FFV1). */
  readonly colorArgs: readonly string[];
  /** ffmpeg's encoder of the segments. */
  readonly codec: string;
  /** How long the last frame is shown, seconds; undefined: as long as the others on average. */
  readonly lastFrameS?: number | undefined;
  readonly timecode?: string | undefined;
  /** Added to the film's global metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly outputPath: string;
  readonly ffmpegMajor: number;
  readonly signal: AbortSignal;
}

/** Whole microseconds: ffmpeg's clock counts them. */
export function toUs(s: number): number {
  return Math.round(s * 1e6);
}

/** Whether a container is of the mp4 family. */
export function isMp4(container: Container): boolean {
  return container === 'mp4' || container === 'mov';
}
