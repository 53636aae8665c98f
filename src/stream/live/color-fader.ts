import type { ColorMode } from '../pixels/camera/live-step.ts';

/** Seconds from full colour to gray, or back. */
const fadeS = 1;

/** Changes the colour of a picture without a jump: the old colour fades out, then the new one fades in. */
export class ColorFader {
  private shown: ColorMode = 'color';
  private gainNow = 0;

  /** The colour to show now, and its strength (0..1). */
  get mode(): ColorMode {
    return this.shown;
  }

  get gain(): number {
    return this.shown === 'gray' ? 0 : this.gainNow;
  }

  /** @param elapsedS - since the last step */
  step(wanted: ColorMode, elapsedS: number): void {
    const change = elapsedS / fadeS;
    if (this.shown === wanted) {
      this.gainNow = Math.min(1, this.gainNow + change);
      return;
    }
    this.gainNow = Math.max(0, this.gainNow - change);
    if (this.gainNow === 0) this.shown = wanted;
  }
}
