/** The options of a film or a picture, and all defaults. Plain data, so that the command line loads fast. */
import { defaultFrameRate } from '../../ingest/film/source-input.ts';
import { defaultMaxMegapixels } from '../../ingest/picture-size.ts';
import { defaultModel } from '../../model/default-model.ts';
import type { DeviceName } from '../../model/engine/devices.ts';
import type { EngineName } from '../../model/engine/engine.ts';
import type { Precision } from '../../model/engine/precision.ts';

/** The network and its device. */
export interface NetworkOptions {
  /** A bundled model's name, or a model's folder. Default: `efficientnet-lite`. */
  readonly model?: string | undefined;
  /** A second model whose colour is averaged with the first one's, and its share: `ddcolor=0.5`. Default: none. */
  readonly blend?: string | undefined;
  /** Your own embedding network (ONNX). Default: the bundled Inception v3. */
  readonly embedding?: string | undefined;
  /**
   * A photo whose scene the network sees in place of each picture's own, so that the colours get its style. Default: none.
   */
  readonly style?: string | undefined;
  /** The library that runs the network. Default: `onnx`. */
  readonly engine?: EngineName | undefined;
  /** Default: `auto`, the fastest device that works. */
  readonly device?: 'auto' | DeviceName | undefined;
  /** Numbers that the network computes with. Default: `auto`, `int8` on a CPU if the model allows it. */
  readonly precision?: 'auto' | Precision | undefined;
}

/** Colour options, shared by films, pictures and frames. */
export interface ColorOptions {
  /** Short side of the network's picture, pixels, a multiple of 8 from 64 to 1024. Default: 144. */
  readonly size?: number | undefined;
  /** Lower gives livelier colour, 0.05..2. Default: the model's own. */
  readonly temperature?: number | undefined;
  /**
   * How colourful, 0..2: 1 is the model's own level; lower is paler with smaller errors, higher is livelier with larger
   * errors. Default: 1.
   */
  readonly liveliness?: number | undefined;
  /** Multiplies the chroma, 0..3. Default: 1. */
  readonly saturation?: number | undefined;
  /** Refuse larger pictures, megapixels. Default: 64. */
  readonly maxMegapixels?: number | undefined;
}

/** The options of one film. Seconds, pixels and ffmpeg's names, as on the command line. */
export interface FilmOptions extends NetworkOptions, ColorOptions {
  /** Replace an existing output. Default: false, an existing output is an error. */
  readonly overwrite?: boolean | undefined;
  /** Replaces colour that the source has. Default: false, scenes in colour keep theirs. */
  readonly recolor?: boolean | undefined;
  /** Does nothing when the output was finished by an earlier run with the same settings. Default: false, an error. */
  readonly skipFinished?: boolean | undefined;
  /** Deletes unfinished work. Default: false, the film resumes where it was stopped. */
  readonly fresh?: boolean | undefined;
  /** The network sees at least every n-th frame of a scene. Default: 4. */
  readonly networkEvery?: number | undefined;
  /** Threshold of a change that counts as a cut, 1..100. Default: 20. */
  readonly sceneThreshold?: number | undefined;
  /**
   * What to deinterlace: `auto`, only the network's copy; `on`, the film itself, which changes the luma; `off`.
   * Default: `auto`.
   */
  readonly deinterlace?: 'auto' | 'on' | 'off' | undefined;
  /** ffmpeg's video encoder. Default: from container and bit depth, `libx264` for most films. */
  readonly codec?: string | undefined;
  /** The encoder's quality, 0..63, lower is better. Default: the encoder's, for example 18 for `libx264`. */
  readonly crf?: number | undefined;
  /** The encoder's speed. Default: the encoder's, for example `medium` for `libx264`. */
  readonly preset?: string | undefined;
  /** For example `yuv422p10le`. Default: 4:2:0 at the bit depth of the source. */
  readonly pixFmt?: string | undefined;
  /** ffmpeg's `-hwaccel` for decoding. Default: none. */
  readonly hwaccel?: string | undefined;
  /** Leave out sound that the container cannot carry. Default: false, such sound is an error. */
  readonly dropUncarried?: boolean | undefined;
  /** Where to start, seconds. Default: the start of the film. */
  readonly start?: number | undefined;
  /** How much to process, seconds. Default: up to the end of the film. */
  readonly duration?: number | undefined;
  /** Numbered pictures per second. Default: 24. */
  readonly frameRate?: number | undefined;
  /** Show the previous picture if a numbered picture can't be read. Default: false, such a picture is an error. */
  readonly skipBad?: boolean | undefined;
  /** Show before and after side by side, or split in one picture. Default: only the colour. */
  readonly compare?: 'side' | 'split' | undefined;
  /** Where to write a picture of before and after for each scene. Default: it is not written. */
  readonly contactSheet?: string | undefined;
  /** Where to write a report as JSON. Default: it is not written. */
  readonly report?: string | undefined;
  /** Only make the plan. Default: false. */
  readonly dryRun?: boolean | undefined;
  /**
   * Frames from a cut to the next point where an interrupted film can resume, and from there to the next. Most cuts are
   * such points, too. Default: 5 s of film, 48 to 480 frames.
   */
  readonly segmentFrames?: number | undefined;
  /** How the film is known on several machines. Default: by this machine's paths and times. */
  readonly identity?: FilmIdentity | undefined;
}

/** How a film is known that several machines may work on, one after the other. */
export interface FilmIdentity {
  /** Identifies the content of the input, in place of its path and time: another machine can resume the film. */
  readonly source: string;
  /** The fingerprint in the output's metadata, in place of that of this machine's settings. */
  readonly result: string;
}

/** All defaults. Options without a default here are off, or follow from the film. */
export const filmDefaults = {
  model: defaultModel,
  engine: 'onnx',
  device: 'auto',
  precision: 'auto',
  size: 144,
  liveliness: 1,
  saturation: 1,
  maxMegapixels: defaultMaxMegapixels,
  networkEvery: 4,
  deinterlace: 'auto',
  frameRate: defaultFrameRate,
} as const satisfies FilmOptions;

/** Film options with defaults filled in. */
export type CompleteFilmOptions = FilmOptions & {
  readonly [Name in keyof typeof filmDefaults]: NonNullable<FilmOptions[Name]>;
};

/** Fills in options that are missing or undefined. */
export function withDefaults(options: FilmOptions): CompleteFilmOptions {
  const asked = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...filmDefaults, ...asked };
}
