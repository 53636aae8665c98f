/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { chromaOf, type LabPicture } from './lab-picture.ts';

/** A pixel counts as unchanged if its L* changes by less than this from one frame to the next. */
const unchangedLightness = 1;

/**
 * Chroma flicker: how far a*, b* move from one frame to the next on pixels whose lightness did not change, and whose
 * colour should not change either. It keeps one frame.
 */
export class ChromaFlicker {
  #before: { l: Float32Array; a: Float32Array; b: Float32Array } | undefined;
  #sum = 0;
  #pixels = 0;

  /**
   * Takes the clip's next frame.
   * @param lightness - L* of the *source*, `[pixels]`, 0..100: the same plane for each method compared
   * @param colour - the frame to judge, planes of `[pixels]`; copied
   */
  add(lightness: Float32Array, colour: LabPicture): void {
    const before = this.#before;
    if (before === undefined) {
      this.#before = { l: lightness.slice(), a: colour.a.slice(), b: colour.b.slice() };
      return;
    }
    for (let i = 0; i < lightness.length; i++) {
      if (Math.abs(lightness[i]! - before.l[i]!) >= unchangedLightness) continue;
      this.#sum += chromaOf(colour.a[i]! - before.a[i]!, colour.b[i]! - before.b[i]!);
      this.#pixels += 1;
    }
    before.l.set(lightness);
    before.a.set(colour.a);
    before.b.set(colour.b);
  }

  /** Mean distance in the ab plane per frame, Lab units; NaN if no pixel ever stayed unchanged. */
  value(): number {
    return this.#sum / this.#pixels;
  }
}
