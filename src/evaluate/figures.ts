import type { SizePx } from '../frame.ts';

/** The figures of a photo, in the order of the reports; `figure-texts.ts` describes them. */
export const photoFigures = [
  'psnrDb',
  'ssim',
  'ciede2000',
  'colourfulness',
  'colourfulnessDistance',
] as const;
export type PhotoFigure = (typeof photoFigures)[number];

/** The figures of a clip. */
export const clipFigures = [
  ...photoFigures,
  ...(['cdc', 'flicker'] as const),
  ...(['movingPsnrDb', 'movingCiede2000', 'movingColourfulness'] as const),
  ...(['movingError', 'movingChromaRatio'] as const),
] as const;
export type ClipFigure = (typeof clipFigures)[number];

/** Values by name; null if a value is not finite, such as the PSNR of equal pictures, or a measure without pixels. */
export type Figures<Name extends string> = Readonly<Record<Name, number | null>>;

/** One value each for the program's output, its gray input and the truth. */
export interface Versions<T> {
  readonly output: T;
  readonly gray: T;
  readonly truth: T;
}

export const versionNames = ['output', 'gray', 'truth'] as const;

/** Computes something for each version. */
export function eachVersion<T>(make: (version: keyof Versions<T>) => T): Versions<T> {
  return { output: make('output'), gray: make('gray'), truth: make('truth') };
}

/** Adds to each version's figures how far its colourfulness is from the truth's. */
export function withDistances<Name extends string>(
  versions: Versions<Figures<Name | 'colourfulness'>>,
): Versions<Figures<Name | 'colourfulness' | 'colourfulnessDistance'>> {
  const aim = versions.truth.colourfulness;
  return eachVersion((name) => {
    const own = versions[name];
    return { ...own, colourfulnessDistance: absoluteDifference(own.colourfulness, aim) };
  });
}

interface MeasuredFile extends SizePx {
  readonly file: string;
  /** Greatest difference of any luma sample between truth and output, 8-bit steps. */
  readonly lumaDifference: number;
  /** Wall time of colorizing, seconds. */
  readonly colorizeS: number;
}

/** The measures of a photo, as plain data. */
export interface PhotoResult extends MeasuredFile {
  readonly kind: 'photo';
  readonly figures: Versions<Figures<PhotoFigure>>;
}

/** The measures of a clip, as plain data. */
export interface ClipResult extends MeasuredFile {
  readonly kind: 'clip';
  readonly frames: number;
  /** Share of all pixels that moved, 0..1. */
  readonly movingShare: number;
  readonly figures: Versions<Figures<ClipFigure>>;
}

export type FileResult = PhotoResult | ClipResult;

/** A number for plain data: JSON has no NaN and no Infinity. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Absolute difference of two values; null if one of them is null. */
export function absoluteDifference(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.abs(a - b);
}
