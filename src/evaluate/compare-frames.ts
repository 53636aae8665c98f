import { AppError } from '../errors.ts';
import { createLabPicture, fillLab, type LabPicture } from './metrics/lab-picture.ts';
import type { PixelMask } from './metrics/pixel-mask.ts';
import type { Figures } from './figures.ts';
import { PixelMeter, type PixelFigure } from './pixel-meter.ts';

/** How close a candidate is to the truth. */
export interface FrameComparison {
  /** Over all pixels of all frames. */
  readonly all: Figures<PixelFigure>;
  /** Only over the masks' pixels; all null without masks. */
  readonly masked: Figures<PixelFigure>;
}

/** Frames as interleaved RGB, `[pixels * 3]` each, 0..255, all of one size. */
export type RgbFrames = readonly Uint8Array[];

/**
 * Compares several coloured versions of the same frames with the truth, and the truth with itself.
 * @param truth - the frames in their true colours; not modified
 * @param candidates - by name, as many frames each; not modified
 * @param masks - one per frame, for instance the pixels that move (`movingMask`); not modified
 * @returns figures by the candidates' names, and `truth`
 * @throws {AppError} `USAGE` if counts or sizes differ
 */
export function compareFrames<Name extends string>(
  truth: RgbFrames,
  candidates: Readonly<Record<Name, RgbFrames>>,
  masks?: readonly PixelMask[],
): Record<Name | 'truth', FrameComparison> {
  const names = Object.keys(candidates) as Name[];
  const versions: [Name | 'truth', RgbFrames][] = [
    ...names.map((name): [Name, RgbFrames] => [name, candidates[name]]),
    ['truth', truth],
  ];
  for (const [name, frames] of versions) requireCount(name, frames.length, truth.length);
  if (masks) requireCount('masks', masks.length, truth.length);
  const meters = versions.map(([name, frames]) => ({
    name,
    frames,
    lab: emptyLab(frames),
    all: new PixelMeter(),
    masked: new PixelMeter(),
  }));
  const truthLab = emptyLab(truth);
  truth.forEach((truthRgb, index) => {
    fillLab(truthRgb, truthLab);
    for (const { frames, lab, all, masked } of meters) {
      const rgb = frames[index] ?? truthRgb;
      fillLab(rgb, lab);
      all.add({ rgb, lab }, { rgb: truthRgb, lab: truthLab });
      const mask = masks?.[index];
      if (mask) masked.add({ rgb, lab }, { rgb: truthRgb, lab: truthLab }, mask);
    }
  });
  const entries = meters.map(({ name, all, masked }) => [name, { all: all.value(), masked: masked.value() }]);
  return Object.fromEntries(entries) as Record<Name | 'truth', FrameComparison>;
}

function emptyLab(frames: RgbFrames): LabPicture {
  return createLabPicture((frames[0]?.length ?? 0) / 3);
}

function requireCount(name: string, got: number, expected: number): void {
  if (got === expected && got > 0) return;
  throw new AppError(
    'USAGE',
    `${name}: expected ${expected} frames as the truth has, above 0, but got ${got}`,
  );
}
