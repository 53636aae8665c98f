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
import { sameSize } from '../../frame.ts';
import type { LiveBuffers, LiveFeed, LiveFrame } from '../../ingest/live/live-feed.ts';
import { conflateMap } from '../conflate.ts';
import type { RenditionTask } from '../pixels/live-step.ts';
import { fillSpans, maskSpans, type MaskSpans } from '../pixels/mask.ts';
import type { CameraFeed, EncodedPicture } from '../publish/camera-feed.ts';
import { epochMs } from '../publish/epoch.ts';
import { CameraFigures } from './camera-figures.ts';
import type { JpegEncoders } from './jpeg-encoders.ts';
import { LiveColor, type CameraNetwork, type ColorStudio } from './live-color.ts';
import { LumaPool, type LumaBuffer } from './luma-pool.ts';
import type { Picture, PictureWish } from './picture.ts';
import { Renditions, type PreparedRendition } from './renditions.ts';

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
/** The last frame again, for somebody who wants it in another size while the camera is lost. */
const repeat = Symbol('the last frame again');

/** Heights that pictures are made in: however many viewers, this many encoders at most. */
const heights = [180, 360, 540, 720, 1080, 1440, 2160] as const;
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
  private masks: MaskSpans | undefined;
  private last: Frame | undefined;
  private lastStepMs = 0;
  private sequence = 0;
  private state: CameraState = { kind: 'connecting', sinceMs: Date.now() };
  private feed: LiveFeed<LumaBuffer> | undefined;
  private reconnectsBefore = 0;

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
    this.reconnectsBefore += this.feed?.reconnects ?? 0;
    this.feed = feed;
    this.feeds$.next(feed);
    if (!feed) this.enter({ kind: 'disabled', sinceMs: Date.now() });
  }

  /** Applies settings that need no other connection. */
  apply(config: CameraConfig, network: CameraNetwork, rtspPath: string | undefined): void {
    this.config = config;
    this.rtspPath = rtspPath;
    this.color.apply(config, network);
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
    this.color.forget();
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
    const { size } = this.color;
    if (size && !sameSize(size, frame.size)) this.masks = undefined;
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
    const elapsedS = Math.min(1, Math.max(0, (frame.capturedMs - this.lastStepMs) / 1000));
    const prepared = this.renditions.prepare(frame.size, this.config.masks);
    const colored = await this.color.step(frame, tasksOf(prepared), elapsedS);
    if (this.last) this.luma.release(this.last.buffer);
    this.last = frame;
    this.lastStepMs = frame.capturedMs;
    if (!colored) {
      this.renditions.abandon(prepared);
      return;
    }
    if (colored.hasAnswer) {
      this.figures.count('answers');
      this.studio.metrics.answers.inc({ camera: this.id });
    }
    this.figures.count('out');
    this.studio.metrics.framesColored.inc({ camera: this.id });
    this.publishPrepared(prepared, frame);
    this.color.lookAhead(frame, colored.result, !this.renditions.isWanted);
  }

  /** The last frame in the sizes that are wanted now. */
  private async stepAgain(): Promise<void> {
    const { last } = this;
    const { size } = this.color;
    if (!last || !size || !sameSize(last.size, size)) return;
    const prepared = this.renditions.prepare(last.size, this.config.masks);
    if (await this.color.stepAgain(last, tasksOf(prepared))) this.publishPrepared(prepared, last);
    else this.renditions.abandon(prepared);
  }

  private publishPrepared(prepared: readonly PreparedRendition[], { capturedMs }: Frame): void {
    this.sequence++;
    this.renditions.publish(prepared, { sequence: this.sequence, capturedMs });
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
      reconnects: this.reconnectsBefore + (this.feed?.reconnects ?? 0),
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
