/** The part of a camera's config that says how a live palette follows the light. */
export interface PaletteSettings {
  readonly refreshS: number;
  readonly blendS: number;
  readonly lightChange: number;
}

export interface PaletteKeeperOptions {
  readonly settings: PaletteSettings;
  /** A palette to use until the first one is ready. Default: none. */
  readonly provisional?: Float32Array | undefined;
  /** Picks the picture that shows most of the scene. */
  readonly choose: (pictures: readonly Uint8Array[]) => Uint8Array;
  /**
   * Computes a palette (the embedding's half of the fusion, `[256]`) from a small picture.
   * @param signal - aborts when the scene is forgotten
   */
  readonly compute: (picture: Uint8Array, signal: AbortSignal) => Promise<Float32Array>;
  readonly onError: (error: unknown) => void;
}

/** A palette chooses from this many pictures, ... */
const pictureCount = 3;
/** ... which are taken this far apart, ms. */
const apartMs = 700;
/** Pause after a failed attempt, ms. */
const retryMs = 5000;
/**
 * If the light changes by more than this share of `lightChange` between two pictures, it has not settled, and the new
 * palette waits.
 */
const settled = 0.25;

/**
 * Keeps a live camera's palette. It computes one from the first picture immediately, unless there is a provisional one;
 * then one from the best of three pictures; and later a new one when the light has changed or when time has passed. A
 * new palette replaces the old one over several seconds, so that colour never jumps. The fusion is linear in the
 * palette, so a blend of two palettes is a palette.
 */
export class PaletteKeeper {
  private readonly options: PaletteKeeperOptions;
  private pictures: { picture: Uint8Array; brightness: number; atMs: number }[] = [];
  private from: Float32Array | undefined;
  private to: Float32Array | undefined;
  /** What `condition` returned last. A new palette fades in from it. */
  private shown: Float32Array | undefined;
  /** When `condition` was first asked for the new palette. */
  private blendFromMs: number | undefined;
  private computedMs = 0;
  private brightness = 0;
  /** Number of pictures that the current palette was chosen from. */
  private basis = 0;
  /** The picture that it was computed from. */
  private chosen: Uint8Array | undefined;
  private computing: AbortController | undefined;
  private notBeforeMs = 0;

  constructor(options: PaletteKeeperOptions) {
    this.options = options;
  }

  /** Forgets the scene, so that the next picture begins another one. A palette in progress is dropped. */
  restart(): void {
    this.computing?.abort();
    this.computing = undefined;
    this.pictures = [];
    this.from = undefined;
    this.to = undefined;
    this.shown = undefined;
    this.basis = 0;
    this.chosen = undefined;
  }

  /**
   * Takes a picture of the scene.
   * @param small - full-range luma; the keeper copies what it keeps
   * @param brightness - its mean, 0..255
   */
  show(small: Uint8Array, brightness: number, nowMs: number): void {
    const last = this.pictures.at(-1);
    if (last && nowMs - last.atMs < apartMs) return;
    this.pictures.push({ picture: small.slice(), brightness, atMs: nowMs });
    if (this.pictures.length > pictureCount) this.pictures.shift();
    if (this.isDue(brightness, nowMs)) void this.compute(brightness, nowMs);
  }

  /** The palette at a time. Before the first one it is the provisional one, or undefined. */
  condition(nowMs: number): Float32Array | undefined {
    this.shown = this.blend(nowMs) ?? this.options.provisional;
    return this.shown;
  }

  private blend(nowMs: number): Float32Array | undefined {
    const { from, to } = this;
    if (!from || !to) return to;
    this.blendFromMs ??= nowMs;
    const share = (nowMs - this.blendFromMs) / (this.options.settings.blendS * 1000);
    if (!(share < 1)) {
      this.from = undefined;
      return to;
    }
    return to.map((value, i) => (from[i] ?? 0) + (value - (from[i] ?? 0)) * Math.max(0, share));
  }

  private isDue(brightness: number, nowMs: number): boolean {
    if (this.computing || nowMs < this.notBeforeMs) return false;
    const isFull = this.pictures.length === pictureCount;
    if (!this.to) return isFull || this.options.provisional === undefined;
    const { refreshS, lightChange } = this.options.settings;
    if (this.basis < pictureCount && isFull) return true;
    const before = this.pictures.at(-2)?.brightness ?? brightness;
    const isSteady = Math.abs(brightness - before) < lightChange * settled;
    if (Math.abs(brightness - this.brightness) >= lightChange && isSteady) return true;
    return nowMs - this.computedMs >= refreshS * 1000;
  }

  private async compute(brightness: number, nowMs: number): Promise<void> {
    // Pictures from before a change of light would hold the new palette back.
    const pictures = this.pictures.filter(
      (other) => Math.abs(other.brightness - brightness) < this.options.settings.lightChange,
    );
    const picture = this.options.choose(pictures.map((one) => one.picture));
    if (picture === this.chosen) {
      this.basis = pictures.length;
      return;
    }
    const computing = new AbortController();
    this.computing = computing;
    try {
      const palette = await this.options.compute(picture, computing.signal);
      if (computing.signal.aborted) return;
      this.from = this.shown;
      this.to = palette;
      this.chosen = picture;
      this.blendFromMs = undefined;
      this.computedMs = nowMs;
      this.brightness = brightness;
      this.basis = pictures.length;
    } catch (error) {
      if (computing.signal.aborted) return;
      this.notBeforeMs = nowMs + retryMs;
      this.options.onError(error);
    } finally {
      if (this.computing === computing) this.computing = undefined;
    }
  }
}
