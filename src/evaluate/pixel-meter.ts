import { meanCiede2000 } from './metrics/ciede2000.ts';
import { colourfulness } from './metrics/colourfulness.ts';
import type { LabPicture } from './metrics/lab-picture.ts';
import { countPixels, type PixelMask } from './metrics/pixel-mask.ts';
import { meanSquaredError, psnrOfError } from './metrics/psnr.ts';
import { finite, type Figures } from './figures.ts';

/** A picture in the two forms that measures need. */
export interface MeteredPicture {
  /** Interleaved, `[pixels * 3]`, 0..255 */
  readonly rgb: Uint8Array;
  readonly lab: LabPicture;
}

export type PixelFigure = 'psnrDb' | 'ciede2000' | 'colourfulness';

/**
 * PSNR, CIEDE2000 and colourfulness of a version of some frames. Each frame weighs as much as it has counted pixels:
 * PSNR comes from the mean squared error over all of these, and frames in which few pixels move weigh little.
 */
export class PixelMeter {
  readonly #error = new WeightedMean();
  readonly #difference = new WeightedMean();
  readonly #colourfulness = new WeightedMean();

  /**
   * Takes the next frame, and keeps nothing of it.
   * @param picture - to judge
   * @param truth - of the same size
   * @param mask - the pixels that count; absent: all
   * @param isDetailed - whether CIEDE2000, which is slow, uses this frame
   * @throws {AppError} `USAGE` when sizes differ
   */
  add(picture: MeteredPicture, truth: MeteredPicture, mask?: PixelMask, isDetailed = true): void {
    const pixels = countPixels(picture.lab.l.length, mask);
    if (pixels === 0) return;
    this.#error.add(meanSquaredError(picture.rgb, truth.rgb, mask), pixels);
    this.#colourfulness.add(colourfulness(picture.rgb, mask), pixels);
    if (!isDetailed) return;
    const isTruth = picture.lab === truth.lab;
    this.#difference.add(isTruth ? 0 : meanCiede2000(picture.lab, truth.lab, mask), pixels);
  }

  /** Figures over the frames so far. */
  value(): Figures<PixelFigure> {
    return {
      psnrDb: finite(psnrOfError(this.#error.value())),
      ciede2000: finite(this.#difference.value()),
      colourfulness: finite(this.#colourfulness.value()),
    };
  }
}

class WeightedMean {
  #sum = 0;
  #weight = 0;

  add(value: number, weight: number): void {
    this.#sum += value * weight;
    this.#weight += weight;
  }

  value(): number {
    return this.#sum / this.#weight;
  }
}
