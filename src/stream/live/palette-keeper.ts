/** How a live palette follows the light; of a camera's config. */
export interface PaletteSettings {
  readonly refreshS: number;
  readonly blendS: number;
  readonly lightChange: number;
}

export interface PaletteKeeperOptions {
  readonly settings: PaletteSettings;
  /** Computes a palette (the embedding's half of the fusion, `[256]`) from small pictures, or from the best of them. */
  readonly compute: (pictures: readonly Uint8Array[]) => Promise<Float32Array>;
  readonly onError: (error: unknown) => void;
}

/** A palette has so many pictures to be made from ... */
const pictureCount = 3;
/** ... taken so far apart, ms. */
const apartMs = 700;
/** After an attempt that failed the next one waits, ms. */
const retryMs = 5000;
/** Light that still changes by more than this share of `lightChange` between pictures is waited for. */
const settled = 0.25;

/**
 * Keeps a live camera's palette: one from the first picture at once, and another when there are three to choose from,
 * when the light has changed, or when time has passed. A new palette takes the old one's place over seconds, so that
 * colour never jumps; the fusion is linear in it, so that a blend of two palettes is a palette.
 */
export class PaletteKeeper {
  private readonly options: PaletteKeeperOptions;
  private pictures: { picture: Uint8Array; brightness: number; atMs: number }[] = [];
  private from: Float32Array | undefined;
  private to: Float32Array | undefined;
  private blendFromMs = 0;
  private computedMs = 0;
  private brightness = 0;
  /** Pictures that the present palette had. */
  private basis = 0;
  private isComputing = false;
  private notBeforeMs = 0;
  private generation = 0;

  constructor(options: PaletteKeeperOptions) {
    this.options = options;
  }

  /** When the present palette was computed, ms; 0: there is none. */
  get computedAtMs(): number {
    return this.computedMs;
  }

  /** Forgets the scene: the next picture begins another. What is being computed for the old one is dropped. */
  restart(): void {
    this.generation++;
    this.pictures = [];
    this.from = undefined;
    this.to = undefined;
    this.basis = 0;
    this.computedMs = 0;
    this.isComputing = false;
  }

  /**
   * Shows a picture of the scene.
   * @param small - full-range luma; copied when it is kept
   * @param brightness - its mean, 0..255
   */
  show(small: Uint8Array, brightness: number, nowMs: number): void {
    const last = this.pictures.at(-1);
    if (last && nowMs - last.atMs < apartMs) return;
    this.pictures.push({ picture: small.slice(), brightness, atMs: nowMs });
    if (this.pictures.length > pictureCount) this.pictures.shift();
    if (this.isDue(brightness, nowMs)) void this.compute(brightness, nowMs);
  }

  /** The palette at a time; undefined before the first. */
  condition(nowMs: number): Float32Array | undefined {
    const { from, to } = this;
    if (!from || !to) return to;
    const share = (nowMs - this.blendFromMs) / (this.options.settings.blendS * 1000);
    if (!(share < 1)) {
      this.from = undefined;
      return to;
    }
    return to.map((value, i) => (from[i] ?? 0) + (value - (from[i] ?? 0)) * Math.max(0, share));
  }

  private isDue(brightness: number, nowMs: number): boolean {
    if (this.isComputing || nowMs < this.notBeforeMs) return false;
    if (!this.to) return true;
    const { refreshS, lightChange } = this.options.settings;
    if (this.basis < pictureCount && this.pictures.length === pictureCount) return true;
    const before = this.pictures.at(-2)?.brightness ?? brightness;
    const isSteady = Math.abs(brightness - before) < lightChange * settled;
    if (Math.abs(brightness - this.brightness) >= lightChange && isSteady) return true;
    return nowMs - this.computedMs >= refreshS * 1000;
  }

  private async compute(brightness: number, nowMs: number): Promise<void> {
    const generation = this.generation;
    // Pictures from before a change of light would hold the new palette back.
    const pictures = this.pictures.filter(
      (other) => Math.abs(other.brightness - brightness) < this.options.settings.lightChange,
    );
    this.isComputing = true;
    try {
      const palette = await this.options.compute(pictures.map(({ picture }) => picture));
      if (generation !== this.generation) return;
      this.from = this.condition(nowMs);
      this.to = palette;
      this.blendFromMs = nowMs;
      this.computedMs = nowMs;
      this.brightness = brightness;
      this.basis = pictures.length;
      this.isComputing = false;
    } catch (error) {
      if (generation !== this.generation) return;
      this.isComputing = false;
      this.notBeforeMs = nowMs + retryMs;
      this.options.onError(error);
    }
  }
}
