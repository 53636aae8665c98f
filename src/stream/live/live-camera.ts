import { isDeepStrictEqual } from 'node:util';
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
import type { CameraState, CameraStatus } from '../../ingest/live/camera-status.ts';
import type { CameraConfig, Config } from '../../config/schema.ts';
import { sameSize } from '../../frame.ts';
import type { LiveBuffers, LiveFeed, LiveFrame } from '../../ingest/live/live-feed.ts';
import { conflateMap } from './conflate.ts';
import type { RenditionTask } from '../pixels/live-step.ts';
import { fillSpans } from '../pixels/mask.ts';
import type { CameraFeed, EncodedPicture } from './camera-feed.ts';
import { epochMs } from './epoch.ts';
import { CameraFigures } from './camera-figures.ts';
import type { JpegEncoders } from './pictures/jpeg-encoders.ts';
import { LiveColor, type CameraNetwork, type ColorStudio } from './live-color.ts';
import { LumaPool, type LumaBuffer } from './pictures/luma-pool.ts';
import type { Picture, PictureWish } from './pictures/picture.ts';
import { Renditions, type PreparedRendition } from './pictures/renditions.ts';
import { SpanCache } from './pictures/span-cache.ts';

/** What all cameras share; the composition root owns it. */
export interface LiveStudio extends ColorStudio {
  readonly jpegs: JpegEncoders;
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

type Frame = LiveFrame<LumaBuffer>;
type Masks = CameraConfig['masks'];
/** A JPEG, and what was masked in it. */
interface MadeJpeg {
  readonly jpeg: EncodedPicture;
  readonly masks: Masks;
}
/** The last frame again, for somebody who wants it in another size while the camera is lost. */
const repeat = Symbol('the last frame again');

/** A camera that nobody watches is looked at so often, ms. */
const idleEveryMs = 1000;

/**
 * One live camera from frames to pictures. Its luma waits for nothing but the machine: each frame is coloured by what
 * is known when it comes (`LiveColor`).
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
  private readonly color: LiveColor;
  private readonly spans = new SpanCache();
  private last: Frame | undefined;
  private lastStepMs = 0;
  private sequence = 0;
  private state: CameraState = { kind: 'connecting', sinceMs: Date.now() };
  private reconnects = 0;
  private isOver = false;

  constructor(options: LiveCameraOptions) {
    this.id = options.id;
    this.config = options.config;
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
    this.color = new LiveColor({ ...options, camera: options.id });
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
    this.feeds$.next(feed);
    if (!feed) this.enter({ kind: 'disabled', sinceMs: Date.now() });
  }

  /** Applies settings that need no other connection. */
  apply(config: CameraConfig, network: CameraNetwork, rtspPath: string | undefined): void {
    const { masks } = this.config;
    const hasOtherMasks = !isDeepStrictEqual(config.masks, masks);
    this.config = hasOtherMasks ? config : { ...config, masks };
    this.rtspPath = rtspPath;
    this.color.apply(config, network);
    if (hasOtherMasks) this.coverAnew();
    this.statuses$.next(this.describe());
  }

  /** Counts frames that were dropped outside. */
  drop(cause: keyof CameraStatus['dropped'], count = 1): void {
    if (!this.isOver) this.studio.metrics.dropped(this.id, cause, count);
  }

  /** Counts an attempt to connect anew. */
  countReconnect(): void {
    this.reconnects++;
    this.studio.metrics.reconnects.inc({ camera: this.id });
  }

  pictures$(wish: PictureWish): Observable<Picture> {
    return this.renditions.pictures$(this.allowed(wish));
  }

  originals$(wish: { readonly heightPx: number }): Observable<Picture> {
    return this.renditions.pictures$(this.allowed({ ...wish, isMarked: false }), true);
  }

  jpegs$(wish: PictureWish): Observable<EncodedPicture> {
    const asked = this.allowed(wish);
    const key = `${asked.heightPx} ${asked.isMarked}`;
    let jpegs$ = this.jpegsByKey.get(key);
    if (!jpegs$) {
      jpegs$ = this.renditions.pictures$(asked).pipe(
        tap((picture) => picture.retain()),
        map((picture) => ({ picture, masks: this.config.masks })),
        conflateMap(
          ({ picture, masks }) => this.encode(picture, masks),
          ({ picture }) => {
            picture.release();
            this.drop('encoder');
          },
        ),
        filter((made) => made !== undefined),
        share({ connector: () => new ReplaySubject<MadeJpeg>(1) }),
        // What was made before a mask came is not shown any more, nor replayed to who comes later.
        filter(({ masks }) => masks === this.config.masks),
        map(({ jpeg }) => jpeg),
      );
      this.jpegsByKey.set(key, jpegs$);
    }
    return jpegs$;
  }

  /** Ends every subscription: the camera is removed. What is still under way counts no more. */
  complete(): void {
    this.isOver = true;
    this.color.forget();
    this.renditions.complete();
    this.statuses$.complete();
    this.feeds$.complete();
  }

  private frames(): Observable<unknown> {
    const frames$ = this.feeds$.pipe(
      switchMap((feed) => feed?.frames$ ?? EMPTY),
      tap(() => this.countIn()),
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
        this.showCard();
      }),
      map(() => this.statuses$.next(this.describe())),
    );
  }

  private enter(state: CameraState): void {
    this.state = state;
    this.studio.metrics.stateOf(this.id, state.kind);
    this.statuses$.next(this.describe());
  }

  private countIn(): void {
    this.figures.count('in');
    this.studio.metrics.framesIn.inc({ camera: this.id });
  }

  /** Blacks a frame's masks, before anything else sees it. */
  private cover({ buffer, size }: Frame): void {
    fillSpans(buffer.data, size.widthPx, this.spans.spansOf(this.config.masks, size), 0);
  }

  /** Other masks than those that what is kept was made with. */
  private coverAnew(): void {
    if (this.last) this.cover(this.last);
    this.renditions.forget();
    if (this.state.kind !== 'live') this.repeats$.next(repeat);
  }

  /** While nobody watches, one frame in a while keeps colour and palette fresh. */
  private isWorthwhile(frame: Frame): boolean {
    if (this.renditions.isWanted || frame.capturedMs - this.lastStepMs >= idleEveryMs) return true;
    this.luma.release(frame.buffer);
    return false;
  }

  private async step(frame: Frame): Promise<void> {
    const elapsedS = Math.min(1, Math.max(0, (frame.capturedMs - this.lastStepMs) / 1000));
    const { masks } = this.config;
    this.cover(frame);
    const prepared = this.renditions.prepare(frame.size, masks);
    const colored = await this.color.step(frame, tasksOf(prepared), elapsedS);
    if (this.last) this.luma.release(this.last.buffer);
    this.last = frame;
    this.lastStepMs = frame.capturedMs;
    const isCovered = masks === this.config.masks;
    if (!isCovered) this.cover(frame);
    if (!colored || !isCovered || this.isOver) {
      this.renditions.abandon(prepared);
      return;
    }
    if (colored.hasAnswer) {
      this.figures.count('answers');
      this.studio.metrics.answers.inc({ camera: this.id });
    }
    this.figures.count('out');
    this.studio.metrics.framesColored.inc({ camera: this.id });
    this.publishPrepared(prepared, { capturedMs: frame.capturedMs });
    this.color.lookAhead(frame, colored.result, !this.renditions.isWanted);
  }

  /** The last frame in the sizes that have no picture of it. */
  private async stepAgain(): Promise<void> {
    const { last } = this;
    const { size } = this.color;
    if (!last || !size || !sameSize(last.size, size)) return;
    const { masks } = this.config;
    const prepared = this.renditions.prepareMissing(last.size, masks);
    if (prepared.length === 0) return;
    const isMade = await this.color.stepAgain(last, tasksOf(prepared));
    if (isMade && masks === this.config.masks)
      this.publishPrepared(prepared, { capturedMs: last.capturedMs, isRepeat: true });
    else this.renditions.abandon(prepared);
    this.showCard();
  }

  private publishPrepared(
    prepared: readonly PreparedRendition[],
    about: Pick<Picture, 'capturedMs' | 'isRepeat'>,
  ): void {
    this.sequence++;
    this.renditions.publish(prepared, { sequence: this.sequence, ...about });
  }

  private async encode(picture: Picture, masks: Masks): Promise<MadeJpeg | undefined> {
    const { camera, sequence, capturedMs, isRepeat = false, size } = picture;
    try {
      const jpeg = await this.studio.jpegs.encode(picture);
      if (!isRepeat) this.figures.latencyOf(epochMs() - capturedMs);
      return { jpeg: { camera, sequence, capturedMs, isRepeat, size, jpeg }, masks };
    } catch (error) {
      this.drop('encoder');
      this.studio.warn(this.id, error instanceof Error ? error.message : String(error));
      return undefined;
    } finally {
      picture.release();
    }
  }

  /** To those who cannot be told otherwise that the camera is lost. */
  private showCard(): void {
    const { state } = this;
    if (state.kind === 'live' || state.kind === 'connecting') return;
    const sinceMs = state.kind === 'stalled' ? state.lastFrameMs : state.sinceMs;
    const title = state.kind === 'disabled' ? 'PAUSED' : 'OFFLINE';
    this.sequence++;
    this.renditions.publishCard([title, `SINCE ${clock(sinceMs)}`], {
      sequence: this.sequence,
      capturedMs: epochMs(),
    });
  }

  private allowed({ heightPx, isMarked }: PictureWish): PictureWish {
    return { heightPx: Math.min(heightPx, this.publish.maxHeightPx), isMarked };
  }

  private describe(): CameraStatus {
    const { config, color, figures } = this;
    return {
      ...{ id: this.id, name: config.name ?? this.id, state: this.state },
      ...{ isNight: color.isNight, nightShows: config.night.show, size: color.size },
      ...figures.now,
      ...{
        dropped: { ...this.studio.metrics.droppedOf(this.id) },
        model: color.model,
        hasOriginal: config.original,
      },
      reconnects: this.reconnects,
      rtspPath: this.rtspPath,
    };
  }
}

function tasksOf(prepared: readonly PreparedRendition[]): RenditionTask[] {
  return prepared.map(({ task }) => task);
}

/** Local date and time, as people write it down: 2026-11-24 20:31:07. */
function clock(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
