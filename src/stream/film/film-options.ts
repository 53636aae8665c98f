/** What can be asked of a film or a picture, and every default: plain data, so that the command line loads fast. */
import { defaultFrameRate } from '../../ingest/film/source-input.ts';
import { defaultMaxMegapixels } from '../../ingest/picture-size.ts';
import { defaultModel } from '../../model/default-model.ts';
import type { DeviceName } from '../../model/engine/devices.ts';
import type { EngineName } from '../../model/engine/engine.ts';
import type { Precision } from '../../model/engine/precision.ts';

/** The network, and what it runs on. */
export interface NetworkOptions {
  /** A bundled model's name, or a model's folder. Default: `efficientnet-lite`. */
  readonly model?: string | undefined;
  /** An embedding network of your own (ONNX). Default: the bundled Inception v3. */
  readonly embedding?: string | undefined;
  /** The library that runs the network. Default: `onnx`. */
  readonly engine?: EngineName | undefined;
  /** Default: `auto`, the fastest device that works. */
  readonly device?: 'auto' | DeviceName | undefined;
  /** Numbers that the network computes with. Default: `auto`, `int8` on a CPU if the model allows it. */
  readonly precision?: 'auto' | Precision | undefined;
}

/** How the colour comes out; films, pictures and frames share these. */
export interface ColorOptions {
  /** Short side of the network's picture, pixels, a multiple of 8 from 64 to 1024. Default: 144. */
  readonly size?: number | undefined;
  /** Sharpness of the colour choice, 0.05..2; lower is livelier. Default: the model's own. */
  readonly temperature?: number | undefined;
  /** The chroma is multiplied by this, 0..3. Default: 1. */
  readonly saturation?: number | undefined;
  /** Refuses larger pictures, million pixels. Default: 64. */
  readonly maxMegapixels?: number | undefined;
}

/** What can be asked of one film. Seconds, pixels and ffmpeg's names, as on the command line. */
export interface FilmOptions extends NetworkOptions, ColorOptions {
  /** Replaces an output that exists. Default: false, an error. */
  readonly overwrite?: boolean | undefined;
  /** Does nothing when the output was finished by an earlier run with the same settings. Default: false, an error. */
  readonly skipFinished?: boolean | undefined;
  /** Throws unfinished work away. Default: false, the film goes on where it was stopped. */
  readonly fresh?: boolean | undefined;
  /** The network sees at least every n-th frame of a scene. Default: 4. */
  readonly networkEvery?: number | undefined;
  /** How sharp a change must be to count as a cut, 1..100. Default: 20. */
  readonly sceneThreshold?: number | undefined;
  /** `auto`: only the network's copy; `on`: the film itself, which alters luma; `off`. Default: `auto`. */
  readonly deinterlace?: 'auto' | 'on' | 'off' | undefined;
  /** ffmpeg's video encoder. Default: by container and bit depth, `libx264` for most. */
  readonly codec?: string | undefined;
  /** The encoder's quality, 0..63, lower is better. Default: the encoder's, for example 18 for `libx264`. */
  readonly crf?: number | undefined;
  /** The encoder's speed. Default: the encoder's, for example `medium` for `libx264`. */
  readonly preset?: string | undefined;
  /** For example `yuv422p10le`. Default: 4:2:0 at the depth of the source. */
  readonly pixFmt?: string | undefined;
  /** ffmpeg's `-hwaccel` for decoding. Default: none. */
  readonly hwaccel?: string | undefined;
  /** Goes on without sound that the container cannot carry. Default: false, an error. */
  readonly dropUncarried?: boolean | undefined;
  /** Where to begin, seconds. Default: the film's beginning. */
  readonly start?: number | undefined;
  /** How much to process, seconds. Default: to the film's end. */
  readonly duration?: number | undefined;
  /** Numbered pictures a second. Default: 24. */
  readonly frameRate?: number | undefined;
  /** Shows before and after side by side, or split in one picture. Default: only the colour. */
  readonly compare?: 'side' | 'split' | undefined;
  /** Where to write a picture of before and after for each scene. Default: none is written. */
  readonly contactSheet?: string | undefined;
  /** Where to write what was done, as JSON. Default: none is written. */
  readonly report?: string | undefined;
  /** Decides everything and does nothing. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** Frames between two points where a stopped film can go on. Default: 5 s of film, 48 to 480 frames. */
  readonly segmentFrames?: number | undefined;
}

/** Every default. Options that are missing here are off, or decided by the film. */
export const filmDefaults = {
  model: defaultModel,
  engine: 'onnx',
  device: 'auto',
  precision: 'auto',
  size: 144,
  saturation: 1,
  maxMegapixels: defaultMaxMegapixels,
  networkEvery: 4,
  deinterlace: 'auto',
  frameRate: defaultFrameRate,
} as const satisfies FilmOptions;

/** Film options whose defaults are filled in. */
export type CompleteFilmOptions = FilmOptions & {
  readonly [Name in keyof typeof filmDefaults]: NonNullable<FilmOptions[Name]>;
};

/** Fills in what is missing or undefined. */
export function withDefaults(options: FilmOptions): CompleteFilmOptions {
  const asked = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...filmDefaults, ...asked };
}
