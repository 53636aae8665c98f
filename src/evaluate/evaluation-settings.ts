import { filmDefaults } from '../stream/film/film-options.ts';

/** How files are evaluated: everything that the figures depend on, besides file and model. */
export interface EvaluationSettings {
  /** Frames of each clip from its beginning; absent: all */
  readonly frames?: number | undefined;
  /** SSIM and CIEDE2000 use every n-th frame. */
  readonly every: number;
  /** Wider clips and photos are made smaller first, pixels. */
  readonly widthPx: number;
  /** As `chromafeed file` has it: short side of the network's picture, pixels. */
  readonly size: number;
  readonly networkEvery: number;
  readonly temperature?: number | undefined;
  readonly saturation: number;
}

/** The defaults of `chromafeed evaluate`. */
export const evaluationDefaults = {
  every: 4,
  widthPx: 640,
  size: filmDefaults.size,
  networkEvery: filmDefaults.networkEvery,
  saturation: filmDefaults.saturation,
} as const satisfies EvaluationSettings;
