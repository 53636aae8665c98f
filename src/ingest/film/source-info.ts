import type { FieldOrder, LumaRange, Rational, SizePx, YuvMatrix } from '../../frame.ts';
import type { LumaPlan } from './pixel-formats.ts';
import type { Timeline } from './timeline.ts';

/** A stream other than the film's picture. */
export interface OtherStream {
  readonly index: number;
  readonly kind: 'audio' | 'subtitle' | 'attachment' | 'picture' | 'data' | 'video';
  /** ffmpeg's name; `unknown` if it has none */
  readonly codec: string;
  /** A name for the user: `audio "English" (ac3)`. */
  readonly title: string;
  readonly timeBase: Rational;
  /** Of sound. This and the next three are undefined if they are not known. */
  readonly sampleRate: number | undefined;
  readonly channels: number | undefined;
  /** ffmpeg's name: `s16`, `fltp`. */
  readonly sampleFormat: string | undefined;
  /** Bits with which each sample was recorded. */
  readonly bits: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** ffmpeg's names of its flags: `default`, `forced`, `comment`. */
  readonly dispositions: readonly string[];
}

/** The film's picture. */
export interface VideoInfo extends SizePx {
  readonly index: number;
  readonly codec: string;
  readonly pixelFormat: string;
  /** How its luma is read. */
  readonly luma: LumaPlan;
  readonly bitDepth: number;
  readonly range: LumaRange;
  readonly matrix: YuvMatrix;
  /** false: the file has no tag, and the matrix follows from the height (BT.709 from 720 on). */
  readonly isMatrixTagged: boolean;
  /** ffmpeg's names; undefined if the file has no tag */
  readonly colors: {
    readonly matrix: string | undefined;
    readonly primaries: string | undefined;
    readonly transfer: string | undefined;
    readonly chromaLocation: string | undefined;
  };
  readonly fieldOrder: FieldOrder;
  /** false: neither the container nor the first frames define it. */
  readonly isFieldOrderKnown: boolean;
  /** Field order of frames that ffmpeg does not mark as interlaced: the container may know more than the frames. */
  readonly unmarkedFields: FieldOrder;
  /** Width divided by height of one sample; undefined if unknown. */
  readonly sampleAspect: Rational | undefined;
  /** By how much a player rotates the picture clockwise. */
  readonly rotationDegrees: 0 | 90 | 180 | 270;
  readonly timeBase: Rational;
  /** Frames per second; undefined if unknown. */
  readonly averageFrameRate: Rational | undefined;
  /** The lowest rate that fits all frame times; above the average if frames come irregularly. */
  readonly baseFrameRate: Rational | undefined;
  /** Ticks; may be negative. */
  readonly startPts: number | undefined;
  /** As stated by the container; most Matroska files do not state it. */
  readonly frameCount: number | undefined;
  /**
   * The nine numbers of a display matrix, if players show the picture mirrored and then rotated by `rotationDegrees`.
   */
  readonly mirror: readonly number[] | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** ffmpeg's names of its track's flags. */
  readonly dispositions: readonly string[];
  /** Duration of the picture's own stream; undefined if the container does not state it. */
  readonly durationS: number | undefined;
}

/** Everything that is known about a source before its frames are read. */
export interface SourceInfo {
  readonly name: string;
  /** The container by ffmpeg's name: `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly container: string;
  readonly durationS: number | undefined;
  readonly video: VideoInfo;
  readonly others: readonly OtherStream[];
  readonly chapterCount: number;
  readonly tags: Readonly<Record<string, string>>;
  /** How its times continue if its clock starts again or jumps. */
  readonly timeline?: Timeline | undefined;
  /** SMPTE timecode of the first frame: `01:00:00:00`. */
  readonly timecode: string | undefined;
  /** Messages for the user. */
  readonly notices: readonly string[];
}
