import type { CameraConfig } from '../../config/schema.ts';
import { sameSize, type SizePx } from '../../frame.ts';
import type { LiveFrame } from '../../ingest/live/live-feed.ts';
import { answerSize, networkSize } from '../network-size.ts';
import { paletteOf, sharpest, type PaletteNetwork } from '../palette.ts';
import type { Colorizer, ModelCredit } from '../../model/colorizer.ts';
import { liveState, newLiveMemory, type LiveMemory, type LiveState } from '../pixels/camera/live-state.ts';
import type { ColorMode, LiveStepResult, LiveStepTask, RenditionTask } from '../pixels/camera/live-step.ts';
import { ColorFader } from './color-fader.ts';
import type { FullLuma } from './live-engine.ts';
import type { LiveResources } from './live-resources.ts';
import type { LumaBuffer } from './pictures/luma-pool.ts';
import { NetworkAsker } from './network-asker.ts';
import { NightWatch } from './night-watch.ts';
import { OwnColorWatch } from './own-color-watch.ts';
import { PaletteKeeper } from './palette-keeper.ts';

/** A network that is ready to colour a camera's pictures, with what it needs. */
export interface CameraNetwork {
  readonly network: Pick<Colorizer, 'colorize'> & Partial<Pick<Colorizer, 'takesFullLuma'>> & PaletteNetwork;
  /** The palette until the first one is computed, `[256]`. Without it nothing is coloured until then. */
  readonly provisional?: Float32Array | undefined;
  /** How many times smaller an answer is than its picture, in each direction. */
  readonly stride: number;
  readonly model: ModelCredit;
}

export interface LiveColorOptions {
  readonly camera: string;
  readonly config: CameraConfig;
  readonly network: CameraNetwork;
  readonly resources: Omit<LiveResources, 'jpegs'>;
}

/** The result of a frame. */
export interface ColoredFrame {
  readonly result: LiveStepResult;
  /** whether the frame took in an answer of the network */
  readonly hasAnswer: boolean;
}

/** The parts that depend on the frame's size. They are made again when it changes. */
interface Fit {
  readonly size: SizePx;
  readonly smallSize: SizePx;
  readonly memory: LiveMemory;
  readonly state: LiveState;
}

type Frame = LiveFrame<LumaBuffer>;
/** The inputs that differ from frame to frame. */
type FrameTask = Omit<
  LiveStepTask,
  'luma' | 'size' | 'state' | 'smallSize' | 'answerSize' | 'mode' | 'saturation'
>;

/**
 * If more of the picture than this is new, another scene has begun. In 15 clips at most 0.10 is new from frame to
 * frame; between frames of different clips it is at least 0.24 (median 0.51).
 */
const newSceneShare = 0.2;

/**
 * The colour of one live camera. Each frame carries the colour of the previous one along its motion and takes in the
 * network's answers when they arrive. The palette follows the light, and at night there is no colour. It makes one
 * frame at a time.
 */
export class LiveColor {
  private readonly camera: string;
  private readonly resources: Omit<LiveResources, 'jpegs'>;
  private readonly asker: NetworkAsker;
  private readonly fader = new ColorFader();
  private config: CameraConfig;
  private network: CameraNetwork;
  private palette: PaletteKeeper;
  private readonly night: NightWatch;
  private readonly own = new OwnColorWatch();
  private isOwn = false;
  private fit: Fit | undefined;
  private whole: SizePx | undefined;
  private flip: 0 | 1 = 0;
  private hasEarlier = false;

  constructor({ camera, config, network, resources }: LiveColorOptions) {
    this.camera = camera;
    this.config = config;
    this.network = network;
    this.resources = resources;
    this.asker = new NetworkAsker(resources.engine, () => this.config);
    this.palette = this.newPalette();
    this.night = new NightWatch(config.night);
  }

  get isNight(): boolean {
    return this.night.isNight;
  }

  /** Whether the last frame shows the camera's own colour. */
  get isOwnColor(): boolean {
    return this.fader.mode === 'own';
  }

  get model(): CameraNetwork['model'] {
    return this.network.model;
  }

  /** Belongs to the last frame; undefined before the first. */
  get size(): SizePx | undefined {
    return this.fit?.size;
  }

  /** The size of the last frame that was not reduced, as long as its shape is still right. */
  get cameraSize(): SizePx | undefined {
    return this.whole ?? this.fit?.size;
  }

  /** The network sees the frames at their own size, so they must not be reduced. */
  get needsWholeFrames(): boolean {
    return this.network.network.takesFullLuma === true;
  }

  /** Applies settings. Whatever the change does not affect continues. */
  apply(config: CameraConfig, network: CameraNetwork): void {
    const before = this.config;
    this.config = config;
    if (network !== this.network) {
      this.network = network;
      this.forget();
      this.palette = this.newPalette();
    } else if (JSON.stringify(before.embedding) !== JSON.stringify(config.embedding)) {
      this.palette.restart();
      this.palette = this.newPalette();
    }
    const { liveliness, temperature } = config;
    if (before.liveliness !== liveliness || before.temperature !== temperature) this.recolor();
    this.night.apply(config.night);
  }

  /** Asks the network again, and lets its next answers count more than all earlier ones. */
  private recolor(): void {
    this.asker.reset();
    const weight = this.fit?.state.colors[this.flip].weight;
    weight?.forEach((known, i) => (weight[i] = Math.min(known, 1)));
  }

  /** Drops the scene's palette and the work on it, because the scene has ended. */
  forget(): void {
    this.asker.reset();
    this.palette.restart();
  }

  /**
   * Makes a frame's pictures.
   * @param elapsedS - since the previous frame
   * @returns undefined if they could not be made; the fault has been logged
   */
  async step(
    frame: Frame,
    renditions: readonly RenditionTask[],
    elapsedS: number,
  ): Promise<ColoredFrame | undefined> {
    const fit = this.fitTo(frame.size);
    if (frame.isReduced !== true || !hasShapeOf(this.whole, frame.size)) this.whole = frame.size;
    this.watchOwnColor(frame);
    const flip = this.flip === 0 ? 1 : 0;
    const isTracking = this.asker.isTracking;
    const answer = this.asker.take();
    this.fader.step(this.wantedMode(), elapsedS);
    const result = await this.run(fit, frame, {
      renditions,
      flip,
      hasEarlier: this.hasEarlier,
      isTracking,
      answer,
      elapsedS,
      isLearning: this.isLearning,
      hasChroma: frame.hasChroma === true,
    });
    this.hasEarlier = result !== undefined;
    if (!result) return undefined;
    this.flip = flip;
    return { result, hasAnswer: answer !== undefined };
  }

  /**
   * Makes the last frame's pictures again, in the sizes that viewers watch now.
   * @returns undefined if they could not be made
   */
  async stepAgain(frame: Frame, renditions: readonly RenditionTask[]): Promise<LiveStepResult | undefined> {
    const { fit } = this;
    if (!fit) return undefined;
    return this.run(fit, frame, {
      renditions,
      flip: this.flip,
      hasEarlier: false,
      isTracking: false,
      answer: undefined,
      elapsedS: 0,
      isLearning: false,
      hasChroma: frame.hasChroma === true,
      isRepeat: true,
    });
  }

  /**
   * Learns about the light from a finished frame, and decides whether the network should look at it.
   * @param isIdle - nobody watches
   */
  lookAhead(frame: Frame, result: LiveStepResult, isIdle: boolean): void {
    const { fit } = this;
    if (!fit) return;
    const { saturation, capturedMs: nowMs } = frame;
    const small = fit.state.smalls[this.flip];
    if (result.uncovered > newSceneShare) this.forget();
    const isNight = this.night.update({ saturation, brightness: result.brightness, atMs: nowMs });
    if (this.isOwn || (isNight && this.config.night.show !== 'color')) return;
    this.palette.show(small, result.brightness, nowMs);
    this.asker.consider({
      small,
      size: fit.smallSize,
      track: fit.state.tracks[this.flip],
      result,
      nowMs,
      isIdle,
      network: this.network.network,
      copyLuma: this.network.network.takesFullLuma === true ? () => copyOf(frame) : undefined,
      condition: this.palette.condition(nowMs),
      temperature: this.config.temperature,
      liveliness: this.config.liveliness,
    });
  }

  private async run(fit: Fit, frame: Frame, about: FrameTask): Promise<LiveStepResult | undefined> {
    try {
      return await this.resources.pixels.live({
        luma: frame.buffer.memory,
        size: frame.size,
        state: fit.memory,
        smallSize: fit.smallSize,
        answerSize: answerSize(fit.smallSize, this.network.stride),
        mode: this.fader.mode,
        saturation: (this.isOwnColor ? 1 : this.config.saturation) * this.fader.gain,
        ...about,
      });
    } catch (error) {
      this.resources.warn(this.camera, `a frame could not be made: ${String(error)}`);
      return undefined;
    }
  }

  /** While the camera sends colour, the network is not asked, and a request in progress is dropped. */
  private watchOwnColor({ hasChroma, saturation, capturedMs }: Frame): void {
    const wasOwn = this.isOwn;
    this.isOwn = hasChroma === true && this.own.update(saturation, capturedMs);
    if (this.isOwn && !wasOwn) this.forget();
  }

  /**
   * Learns the colour of daylight from what is shown by day. It learns from the camera's own colour only if the night
   * needs it.
   */
  private get isLearning(): boolean {
    if (this.isOwn) return this.isOwnColor && this.config.night.show === 'background';
    return !this.night.isNight && this.fader.mode === 'color';
  }

  private wantedMode(): ColorMode {
    if (this.isOwn) return 'own';
    return this.night.isNight ? this.config.night.show : 'color';
  }

  private fitTo(size: SizePx): Fit {
    if (this.fit && sameSize(this.fit.size, size)) return this.fit;
    const smallSize = networkSize(size, this.resources.shortSidePx);
    if (this.fit && sameSize(this.fit.smallSize, smallSize)) {
      this.fit = { ...this.fit, size }; // the colour and its history do not depend on the frame's size
      return this.fit;
    }
    const memory = newLiveMemory(smallSize);
    this.fit = { size, smallSize, memory, state: liveState(memory, smallSize) };
    this.hasEarlier = false;
    this.flip = 0;
    this.forget();
    return this.fit;
  }

  private newPalette(): PaletteKeeper {
    const { network, provisional } = this.network;
    const { engine, metrics } = this.resources;
    const smallSize = (): SizePx => this.fit?.smallSize ?? { widthPx: 0, heightPx: 0 };
    return new PaletteKeeper({
      settings: this.config.embedding,
      provisional,
      choose: (pictures) => sharpest(pictures, smallSize()),
      compute: (picture, signal) => {
        metrics.embeddings.inc({ camera: this.camera });
        return paletteOf([picture], smallSize(), {
          embeddingSide: network.embeddingSide,
          embed: (squares) => engine.between(() => network.embed(squares), signal),
          condition: (embedding) => network.condition(embedding),
        });
      },
      onError: (error) => this.resources.warn(this.camera, `no palette could be computed: ${String(error)}`),
    });
  }
}

/** Whether two pictures show the same at different sizes. Sides are rounded to even numbers. */
function hasShapeOf(whole: SizePx | undefined, reduced: SizePx): boolean {
  if (!whole) return false;
  const widthPx = (whole.widthPx * reduced.heightPx) / whole.heightPx;
  return Math.abs(widthPx - reduced.widthPx) <= 2;
}

/** A copy, because the frame's buffer soon holds another frame. Its chroma, if it has any, comes after its luma. */
function copyOf({ buffer, size }: Frame): FullLuma {
  return { luma: buffer.data.slice(0, size.widthPx * size.heightPx), size };
}
