import {
  BehaviorSubject,
  EMPTY,
  filter,
  ignoreElements,
  interval,
  map,
  merge,
  ReplaySubject,
  share,
  Subject,
  switchMap,
  tap,
  type Observable,
} from 'rxjs';
import type { CameraState, CameraStatus } from '../../camera.ts';
import type { CameraConfig, Config } from '../../config/schema.ts';
import { sameSize, type SizePx } from '../../frame.ts';
import type { LiveBuffers, LiveFeed, LiveFrame } from '../../ingest/live/live-feed.ts';
import type { Metrics } from '../../metrics.ts';
import { answerSize } from '../colorize-film.ts';
import { conflateMap } from '../conflate.ts';
import { networkSize } from '../network-size.ts';
import { paletteOf, type Embedder } from '../palette.ts';
import type { PixelPool } from '../pixel-pool.ts';
import { liveState, newLiveMemory, type LiveState } from '../pixels/live-state.ts';
import type { ColorMode, LiveStepResult } from '../pixels/live-step.ts';
import { fillSpans, maskSpans, type MaskSpans } from '../pixels/mask.ts';
import type { CameraFeed, EncodedPicture } from '../publish/camera-feed.ts';
import { epochMs } from '../publish/epoch.ts';
import { CameraFigures } from './camera-figures.ts';
import { ColorFader } from './color-fader.ts';
import type { JpegEncoders } from './jpeg-encoders.ts';
import type { LiveEngine, LiveNetwork } from './live-engine.ts';
import { LumaPool, type LumaBuffer } from './luma-pool.ts';
import { NetworkAsker } from './network-asker.ts';
import { NightWatch } from './night-watch.ts';
import { PaletteKeeper } from './palette-keeper.ts';
import type { Picture, PictureWish } from './picture.ts';
import { Renditions, type PreparedRendition } from './renditions.ts';

/** A network with what belongs to it, ready to colour a camera's pictures. */
export interface CameraNetwork {
  readonly network: LiveNetwork;
  readonly embedder: Embedder;
  /** Times that an answer is smaller than its picture, each way. */
  readonly stride: number;
  readonly model: { readonly name: string; readonly version: number };
}

/** What all cameras share; the composition root owns it. */
export interface LiveStudio {
  readonly engine: LiveEngine;
  readonly pixels: PixelPool;
  readonly jpegs: JpegEncoders;
  readonly metrics: Metrics;
  /** Says what went wrong in a camera's pictures; at most once in a while for each text. */
  readonly warn: (camera: string, text: string) => void;
  /** Short side of the network's picture. */
  readonly shortSidePx: number;
}

export interface LiveCameraOptions {
  readonly id: string;
  readonly config: CameraConfig;
  readonly publish: Pick<Config['publish'], 'visibleMark' | 'maxHeightPx'>;
  readonly network: CameraNetwork;
  readonly studio: LiveStudio;
  /** The path by which the colour is republished by RTSP. */
  readonly rtspPath: string | undefined;
}

/** What fits a frame's size; made anew when it changes. */
interface Fit {
  readonly size: SizePx;
  readonly smallSize: SizePx;
  readonly memory: SharedArrayBuffer;
  readonly state: LiveState;
}

type Frame = LiveFrame<LumaBuffer>;
/** The last frame again, for somebody who wants it in another size while the camera is lost. */
const repeat = Symbol('the last frame again');

/** Heights that pictures are made in: however many viewers, this many encoders at most. */
const heights = [180, 360, 540, 720, 1080, 1440, 2160] as const;
/**
 * More of the picture new than this: another scene. From frame to frame of 15 clips at most 0.10 is new, between frames
 * of different clips at least 0.24 (median 0.51).
 */
const newSceneShare = 0.2;
/** A camera that nobody watches is looked at so often, ms. */
const idleEveryMs = 1000;

/**
 * One live camera from frames to pictures. Its luma waits for nothing but the machine: each frame carries the colour
 * of the one before along its motion, and the network's answers join in when they come.
 *
 * It exists as long as it is configured, whatever happens to its connection: `connect` gives it another feed, and
 * those who watch stay.
 */
export class LiveCamera implements CameraFeed {
  readonly id: string;
  readonly status$: Observable<CameraStatus>;
  /** All its work; subscribing runs the camera, unsubscribing ends it. */
  readonly run$: Observable<never>;
  private config: CameraConfig;
  private network: CameraNetwork;
  private rtspPath: string | undefined;
  private readonly publish: LiveCameraOptions['publish'];
  private readonly studio: LiveStudio;
  private readonly feeds$ = new BehaviorSubject<LiveFeed<LumaBuffer> | undefined>(undefined);
  private readonly repeats$ = new Subject<typeof repeat>();
  private readonly statuses$: BehaviorSubject<CameraStatus>;
  private readonly luma = new LumaPool();
  private readonly renditions: Renditions;
  private readonly jpegsByKey = new Map<string, Observable<EncodedPicture>>();
  private readonly figures = new CameraFigures();
  private readonly asker: NetworkAsker;
  private readonly fader = new ColorFader();
  private palette: PaletteKeeper;
  private night: NightWatch;
  private fit: Fit | undefined;
  private masks: MaskSpans | undefined;
  private flip: 0 | 1 = 0;
  private hasEarlier = false;
  private last: Frame | undefined;
  private lastStepMs = 0;
  private sequence = 0;
  private state: CameraState = { kind: 'connecting', sinceMs: Date.now() };
  private feed: LiveFeed<LumaBuffer> | undefined;
  private reconnectsBefore = 0;

  constructor(options: LiveCameraOptions) {
    this.id = options.id;
    this.config = options.config;
    this.network = options.network;
    this.publish = options.publish;
    this.studio = options.studio;
    this.rtspPath = options.rtspPath;
    this.renditions = new Renditions({
      camera: options.id,
      hasVisibleMark: options.publish.visibleMark,
      onDrop: () => this.drop('encoder'),
      onWanted: () => {
        if (this.state.kind !== 'live') this.repeats$.next(repeat);
      },
    });
    this.asker = new NetworkAsker(options.studio.engine, () => this.config);
    this.palette = this.newPalette();
    this.night = new NightWatch(options.config.night);
    this.statuses$ = new BehaviorSubject(this.describe());
    this.status$ = this.statuses$.asObservable();
    this.run$ = merge(this.frames(), this.states(), this.ticks()).pipe(ignoreElements());
  }

  get status(): CameraStatus {
    return this.statuses$.value;
  }

  /** Where a feed's frames are read into. */
  get buffers(): LiveBuffers<LumaBuffer> {
    return {
      acquire: (size) => this.luma.acquire(size),
      release: (buffer) => this.luma.release(buffer),
    };
  }

  /** Takes frames from this feed from now on; undefined: the camera is disabled. The caller owns the feeds. */
  connect(feed: LiveFeed<LumaBuffer> | undefined): void {
    this.reconnectsBefore += this.feed?.reconnects ?? 0;
    this.feed = feed;
    this.feeds$.next(feed);
    if (!feed) this.enter({ kind: 'disabled', sinceMs: Date.now() });
  }

  /** Applies settings that need no other connection. */
  apply(config: CameraConfig, network: CameraNetwork, rtspPath: string | undefined): void {
    const before = this.config;
    this.config = config;
    this.rtspPath = rtspPath;
    if (network !== this.network) {
      this.network = network;
      this.asker.reset();
      this.palette = this.newPalette();
    } else if (JSON.stringify(before.embedding) !== JSON.stringify(config.embedding)) {
      this.palette = this.newPalette();
    }
    if (JSON.stringify(before.night) !== JSON.stringify(config.night))
      this.night = new NightWatch(config.night);
    this.masks = undefined;
    this.statuses$.next(this.describe());
  }

  /** Counts frames that were dropped outside. */
  drop(cause: keyof CameraStatus['dropped'], count = 1): void {
    this.studio.metrics.dropped(this.id, cause, count);
  }

  pictures$(wish: PictureWish): Observable<Picture> {
    return this.renditions.pictures$(this.onLadder(wish));
  }

  originals$(wish: { readonly heightPx: number }): Observable<Picture> {
    return this.renditions.pictures$(this.onLadder({ ...wish, isMarked: false }), true);
  }

  jpegs$(wish: PictureWish): Observable<EncodedPicture> {
    const asked = this.onLadder(wish);
    const key = `${asked.heightPx} ${asked.isMarked}`;
    let jpegs$ = this.jpegsByKey.get(key);
    if (!jpegs$) {
      jpegs$ = this.renditions.pictures$(asked).pipe(
        tap((picture) => picture.retain()),
        conflateMap(
          (picture) => this.encode(picture),
          (picture) => {
            picture.release();
            this.drop('encoder');
          },
        ),
        filter((encoded) => encoded !== undefined),
        share({ connector: () => new ReplaySubject<EncodedPicture>(1) }),
      );
      this.jpegsByKey.set(key, jpegs$);
    }
    return jpegs$;
  }

  /** Ends every subscription: the camera is removed. */
  complete(): void {
    this.asker.reset();
    this.palette.restart(); // what is being computed for it is of no use any more
    this.renditions.complete();
    this.statuses$.complete();
    this.feeds$.complete();
    this.studio.metrics.forget(this.id);
  }

  private frames(): Observable<unknown> {
    const frames$ = this.feeds$.pipe(
      switchMap((feed) => feed?.frames$ ?? EMPTY),
      tap((frame) => this.arrive(frame)),
      filter((frame) => this.isWorthwhile(frame)),
    );
    return merge(frames$, this.repeats$).pipe(
      conflateMap(
        (frame) => (frame === repeat ? this.stepAgain() : this.step(frame)),
        (frame) => {
          if (frame === repeat) return;
          this.luma.release(frame.buffer);
          this.drop('busy');
        },
      ),
    );
  }

  private states(): Observable<unknown> {
    return this.feeds$.pipe(
      switchMap((feed) => feed?.state$ ?? EMPTY),
      tap((state) => this.enter(state)),
    );
  }

  private ticks(): Observable<unknown> {
    return interval(1000).pipe(
      tap(() => {
        this.figures.tick();
        if (this.state.kind !== 'live' && this.state.kind !== 'connecting') this.showCard();
      }),
      map(() => this.statuses$.next(this.describe())),
    );
  }

  private enter(state: CameraState): void {
    this.state = state;
    this.studio.metrics.stateOf(this.id, state.kind);
    this.statuses$.next(this.describe());
  }

  /** Counts a frame and blacks its masks, before anybody else sees it. */
  private arrive(frame: Frame): void {
    this.figures.count('in');
    this.studio.metrics.framesIn.inc({ camera: this.id });
    if (this.config.masks.length === 0) return;
    if (this.fit && !sameSize(this.fit.size, frame.size)) this.masks = undefined;
    this.masks ??= maskSpans(this.config.masks, frame.size);
    fillSpans(frame.buffer.data, frame.size.widthPx, this.masks, 0);
  }

  /** While nobody watches, one frame in a while keeps colour and palette fresh. */
  private isWorthwhile(frame: Frame): boolean {
    if (this.renditions.isWanted || frame.capturedMs - this.lastStepMs >= idleEveryMs) return true;
    this.luma.release(frame.buffer);
    return false;
  }

  private async step(frame: Frame): Promise<void> {
    const fit = this.fitTo(frame.size);
    const elapsedS = Math.min(1, Math.max(0, (frame.capturedMs - this.lastStepMs) / 1000));
    const flip = this.flip === 0 ? 1 : 0;
    const isTracking = this.asker.isTracking;
    const answer = this.asker.take();
    this.fader.step(this.wantedMode(), elapsedS);
    const prepared = this.renditions.prepare(frame.size, this.config.masks);
    const result = await this.run(prepared, frame, {
      ...{ flip, hasEarlier: this.hasEarlier, isTracking, answer, elapsedS },
      isLearning: !this.night.isNight && this.fader.mode === 'color',
    });
    if (this.last) this.luma.release(this.last.buffer);
    this.last = frame;
    this.lastStepMs = frame.capturedMs;
    this.hasEarlier = result !== undefined;
    if (!result) return;
    this.flip = flip;
    if (answer) {
      this.figures.count('answers');
      this.studio.metrics.answers.inc({ camera: this.id });
    }
    this.figures.count('out');
    this.studio.metrics.framesColored.inc({ camera: this.id });
    this.sequence++;
    this.renditions.publish(prepared, { sequence: this.sequence, capturedMs: frame.capturedMs });
    this.lookAhead(frame, fit, result);
  }

  /** The last frame in the sizes that are wanted now. */
  private async stepAgain(): Promise<void> {
    const { last, fit } = this;
    if (!last || !fit || !sameSize(last.size, fit.size)) return;
    const prepared = this.renditions.prepare(last.size, this.config.masks);
    const result = await this.run(prepared, last, {
      ...{ flip: this.flip, hasEarlier: false, isTracking: false, answer: undefined, elapsedS: 0 },
      ...{ isLearning: false, isRepeat: true },
    });
    if (!result) return;
    this.sequence++;
    this.renditions.publish(prepared, { sequence: this.sequence, capturedMs: last.capturedMs });
  }

  private async run(
    prepared: readonly PreparedRendition[],
    frame: Frame,
    about: {
      flip: 0 | 1;
      hasEarlier: boolean;
      isTracking: boolean;
      answer: Float32Array | undefined;
      elapsedS: number;
      isLearning: boolean;
      isRepeat?: boolean;
    },
  ): Promise<LiveStepResult | undefined> {
    const fit = this.fitTo(frame.size);
    try {
      return await this.studio.pixels.live({
        ...{ luma: frame.buffer.memory, size: frame.size, state: fit.memory, smallSize: fit.smallSize },
        answerSize: answerSize(fit.smallSize, this.network.stride),
        ...{ mode: this.fader.mode, saturation: this.config.saturation * this.fader.gain },
        renditions: prepared.map(({ task }) => task),
        ...about,
      });
    } catch (error) {
      this.renditions.abandon(prepared);
      this.studio.warn(this.id, `a frame could not be made: ${String(error)}`);
      return undefined;
    }
  }

  /** What the frame says of the light, and whether the network should look at it. */
  private lookAhead(frame: Frame, fit: Fit, result: LiveStepResult): void {
    const nowMs = frame.capturedMs;
    const small = fit.state.smalls[this.flip];
    const { saturation } = frame;
    if (result.uncovered > newSceneShare) {
      this.palette.restart();
      this.asker.reset();
    }
    const isNight = this.night.update({ saturation, brightness: result.brightness, atMs: nowMs });
    if (isNight && this.config.night.show !== 'color') return;
    this.palette.show(small, result.brightness, nowMs);
    this.asker.consider(
      {
        ...{ small, size: fit.smallSize, track: fit.state.tracks[this.flip], result, nowMs },
        isIdle: !this.renditions.isWanted,
      },
      this.network.network,
      this.palette.condition(nowMs),
      this.config.temperature,
    );
  }

  private wantedMode(): ColorMode {
    return this.night.isNight ? this.config.night.show : 'color';
  }

  private fitTo(size: SizePx): Fit {
    if (this.fit && sameSize(this.fit.size, size)) return this.fit;
    const smallSize = networkSize(size, this.studio.shortSidePx);
    const memory = newLiveMemory(smallSize);
    this.fit = { size, smallSize, memory, state: liveState(memory, smallSize) };
    this.hasEarlier = false;
    this.flip = 0;
    this.asker.reset();
    this.palette.restart();
    return this.fit;
  }

  private newPalette(): PaletteKeeper {
    const { embedder } = this.network;
    return new PaletteKeeper({
      settings: this.config.embedding,
      compute: (pictures) => {
        const size = this.fit?.smallSize ?? { widthPx: 0, heightPx: 0 };
        this.studio.metrics.embeddings.inc({ camera: this.id });
        return paletteOf(pictures, size, embedder);
      },
      onError: (error) => this.studio.warn(this.id, `no palette could be computed: ${String(error)}`),
    });
  }

  private async encode(picture: Picture): Promise<EncodedPicture | undefined> {
    const { camera, sequence, capturedMs, size } = picture;
    try {
      const jpeg = await this.studio.jpegs.encode(picture);
      this.figures.latencyOf(epochMs() - capturedMs);
      return { camera, sequence, capturedMs, size, jpeg };
    } catch (error) {
      this.drop('encoder');
      this.studio.warn(this.id, error instanceof Error ? error.message : String(error));
      return undefined;
    } finally {
      picture.release();
    }
  }

  private showCard(): void {
    const { state } = this;
    const sinceMs = state.kind === 'stalled' ? state.lastFrameMs : state.sinceMs;
    const title = state.kind === 'disabled' ? 'PAUSED' : 'OFFLINE';
    this.sequence++;
    this.renditions.publishCard([title, `SINCE ${clock(sinceMs)}`], {
      sequence: this.sequence,
      capturedMs: epochMs(),
    });
  }

  private onLadder(wish: PictureWish): PictureWish {
    const asked = Math.min(wish.heightPx, this.publish.maxHeightPx);
    const step = heights.find((height) => height >= asked) ?? 2160;
    return { heightPx: Math.min(step, this.publish.maxHeightPx), isMarked: wish.isMarked };
  }

  private describe(): CameraStatus {
    const { config, network, figures } = this;
    return {
      ...{ id: this.id, name: config.name ?? this.id, state: this.state },
      ...{ isNight: this.night.isNight, nightShows: config.night.show, size: this.fit?.size },
      ...figures.now,
      ...{
        dropped: { ...this.studio.metrics.droppedOf(this.id) },
        model: network.model,
        hasOriginal: config.original,
      },
      reconnects: this.reconnectsBefore + (this.feed?.reconnects ?? 0),
      rtspPath: this.rtspPath,
    };
  }
}

/** Local date and time, as people write it down: 2026-11-24 20:31:07. */
function clock(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
