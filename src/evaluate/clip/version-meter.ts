import type { SizePx } from '../../frame.ts';
import { ChromaFlicker } from '../metrics/chroma-flicker.ts';
import { ColourConsistency } from '../metrics/colour-consistency.ts';
import { MovingChroma } from '../metrics/moving-chroma.ts';
import type { PixelMask } from '../metrics/pixel-mask.ts';
import { canHaveSsim, ssimRgb } from '../metrics/ssim.ts';
import { finite, type ClipFigure, type Figures } from '../figures.ts';
import { PixelMeter, type MeteredPicture } from '../pixel-meter.ts';

/** Figures of one version compared with the truth. The caller computes the distances between versions. */
export type MeasuredClipFigure = Exclude<ClipFigure, 'colourfulnessDistance'>;

/** What all versions of a frame share. */
export interface FrameContext {
  readonly truth: MeteredPicture;
  /** L* of the source, `[pixels]`, 0..100 */
  readonly lightness: Float32Array;
  /** The pixels that move. */
  readonly mask: PixelMask;
  /** Whether the slow measures use this frame. */
  readonly isDetailed: boolean;
}

/** Every measure of one version of a clip, frame by frame. */
export class VersionMeter {
  readonly #size: SizePx;
  readonly #all = new PixelMeter();
  readonly #movingPixels = new PixelMeter();
  readonly #moving = new MovingChroma();
  readonly #cdc = new ColourConsistency();
  readonly #flicker = new ChromaFlicker();
  readonly #ssim: number[] = [];

  constructor(size: SizePx) {
    this.#size = size;
  }

  /** Takes the next frame, and keeps nothing of it. */
  add(picture: MeteredPicture, { truth, lightness, mask, isDetailed }: FrameContext): void {
    this.#all.add(picture, truth, undefined, isDetailed);
    this.#movingPixels.add(picture, truth, mask, isDetailed);
    this.#moving.add(mask, picture.lab, truth.lab);
    this.#cdc.add(picture.rgb);
    this.#flicker.add(lightness, picture.lab);
    if (!isDetailed || !canHaveSsim(this.#size)) return;
    const isTruth = picture.rgb === truth.rgb;
    this.#ssim.push(isTruth ? 1 : ssimRgb(picture.rgb, truth.rgb, this.#size));
  }

  /** Share of all pixels that moved, 0..1. */
  get movingShare(): number {
    return this.#moving.value().movingShare;
  }

  /** Figures over the frames so far. */
  value(): Figures<MeasuredClipFigure> {
    const moving = this.#moving.value();
    const movingPixels = this.#movingPixels.value();
    return {
      ...this.#all.value(),
      ssim: finite(this.#ssim.reduce((sum, value) => sum + value, 0) / this.#ssim.length),
      cdc: finite(this.#cdc.value()),
      flicker: finite(this.#flicker.value()),
      movingPsnrDb: movingPixels.psnrDb,
      movingCiede2000: movingPixels.ciede2000,
      movingColourfulness: movingPixels.colourfulness,
      movingError: finite(moving.error),
      movingChromaRatio: finite(moving.chromaRatio),
    };
  }
}
