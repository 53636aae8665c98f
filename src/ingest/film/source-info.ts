import type { FieldOrder, LumaRange, Rational, SizePx, YuvMatrix } from '../../frame.ts';
import type { LumaPlan } from './pixel-formats.ts';

/** A stream beside the film's picture. */
export interface OtherStream {
  readonly index: number;
  readonly kind: 'audio' | 'subtitle' | 'attachment' | 'picture' | 'data' | 'video';
  /** ffmpeg's name; `unknown` where it has none */
  readonly codec: string;
  /** For a person: `audio "English" (ac3)`. */
  readonly title: string;
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
  /** false: the file says nothing and the matrix follows from the height (720 and more: BT.709). */
  readonly isMatrixTagged: boolean;
  /** ffmpeg's names; undefined where the file says nothing */
  readonly colors: {
    readonly matrix: string | undefined;
    readonly primaries: string | undefined;
    readonly transfer: string | undefined;
    readonly chromaLocation: string | undefined;
  };
  readonly fieldOrder: FieldOrder;
  /** false: neither the container nor the first frames say it. */
  readonly isFieldOrderKnown: boolean;
  /** Width over height of one sample; undefined = unknown. */
  readonly sampleAspect: Rational | undefined;
  /** What a player turns the picture by, clockwise. */
  readonly rotationDegrees: 0 | 90 | 180 | 270;
  readonly timeBase: Rational;
  /** Frames a second; undefined where unknown. */
  readonly averageFrameRate: Rational | undefined;
  /** Least common rate; above the average where frames come irregularly. */
  readonly baseFrameRate: Rational | undefined;
  /** Ticks; may be negative. */
  readonly startPts: number | undefined;
  /** As the container says it; unknown in most of Matroska. */
  readonly frameCount: number | undefined;
  /** Of the picture's own stream; undefined where the container does not say. */
  readonly durationS: number | undefined;
}

/** All that is known of a source before its frames are read. */
export interface SourceInfo {
  readonly name: string;
  /** Container, as ffmpeg names it: `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly container: string;
  readonly durationS: number | undefined;
  readonly video: VideoInfo;
  readonly others: readonly OtherStream[];
  readonly chapterCount: number;
  readonly tags: Readonly<Record<string, string>>;
  /** SMPTE timecode of the first frame: `01:00:00:00`. */
  readonly timecode: string | undefined;
  /** To be told to the user. */
  readonly notices: readonly string[];
}
