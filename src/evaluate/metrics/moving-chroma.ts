/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { chromaOf, type LabPicture } from './lab-picture.ts';
import type { PixelMask } from './pixel-mask.ts';
import { requireEqualLength } from './require.ts';

/** The result for the colour of moving pixels. */
export interface MovingChromaResult {
  /** Mean distance to the truth in the ab plane, Lab units; NaN if nothing moved. */
  readonly error: number;
  /** Mean chroma over the truth's mean chroma: below 1 is faded, 0 is gray. */
  readonly chromaRatio: number;
  /** Share of all pixels that moved, 0..1. */
  readonly movingShare: number;
}

/**
 * Chroma error where things move. A method can look steady because its colour lags or fades; this measure
 * shows it.
 *
 * In a clip whose camera moves, nearly every pixel counts, so take care when you compare clips.
 */
export class MovingChroma {
  #error = 0;
  #chroma = 0;
  #truthChroma = 0;
  #moving = 0;
  #pixels = 0;

  /**
   * Takes the clip's next frame.
   * @param mask - the pixels that move, from `movingMask`
   * @param colour - the frame to judge
   * @param truth - the frame in its true colours
   * @throws {AppError} `USAGE` when the sizes differ
   */
  add(mask: PixelMask, colour: LabPicture, truth: LabPicture): void {
    for (const plane of [colour.a, truth.a]) requireEqualLength('moving chroma', mask, plane);
    this.#pixels += mask.length;
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] === 0) continue;
      this.#moving += 1;
      this.#error += chromaOf(colour.a[i]! - truth.a[i]!, colour.b[i]! - truth.b[i]!);
      this.#chroma += chromaOf(colour.a[i]!, colour.b[i]!);
      this.#truthChroma += chromaOf(truth.a[i]!, truth.b[i]!);
    }
  }

  /** Figures over the frames so far. */
  value(): MovingChromaResult {
    return {
      error: this.#error / this.#moving,
      chromaRatio: this.#chroma / this.#truthChroma,
      movingShare: this.#moving / this.#pixels,
    };
  }
}

/**
 * The median of each pixel over some frames of a clip (32 evenly spread frames are enough).
 * @param planes - at least one, each `[pixels]`; not modified
 * @returns `[pixels]`, for an even number the lower of the two middle values; a new array the caller owns
 */
export function medianPlane(planes: readonly Float32Array[]): Float32Array {
  const median = new Float32Array(planes[0]?.length ?? 0);
  const column = new Float32Array(planes.length);
  const middle = (planes.length - 1) >> 1;
  for (let i = 0; i < median.length; i++) {
    for (let k = 0; k < column.length; k++) column[k] = planes[k]![i]!;
    median[i] = column.sort()[middle]!;
  }
  return median;
}
