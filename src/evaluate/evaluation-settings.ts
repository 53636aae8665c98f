import { filmDefaults } from '../stream/film/film-options.ts';

/** How files are evaluated: everything that the figures depend on, apart from file and model. */
export interface EvaluationSettings {
  /** Number of frames from the beginning of each clip; default: all */
  readonly frames?: number | undefined;
  /** SSIM and CIEDE2000 use every n-th frame. */
  readonly every: number;
  /** Wider clips and photos are shrunk to this width first, pixels. */
  readonly widthPx: number;
  /** Short side of the network's picture, pixels, as for `chromafeed file`. */
  readonly size: number;
  readonly networkEvery: number;
  readonly temperature?: number | undefined;
  readonly saturation: number;
  readonly liveliness: number;
}

/** The defaults of `chromafeed evaluate`. */
export const evaluationDefaults = {
  every: 4,
  widthPx: 640,
  size: filmDefaults.size,
  networkEvery: filmDefaults.networkEvery,
  saturation: filmDefaults.saturation,
  liveliness: filmDefaults.liveliness,
} as const satisfies EvaluationSettings;
