import {
  BehaviorSubject,
  combineLatest,
  EMPTY,
  filter,
  ignoreElements,
  interval,
  map,
  merge,
  switchMap,
  tap,
  type Observable,
} from 'rxjs';
import type { CameraStatus, DropCause } from '../../ingest/live/camera-status.ts';
import type { CameraConfig, Config } from '../../config/schema.ts';
import type { LiveBuffers, LiveFeed } from '../../ingest/live/live-feed.ts';
import { CameraFigures } from './camera-figures.ts';
import type { CameraFeed, EncodedPicture } from './camera-feed.ts';
import { epochMs } from './epoch.ts';
import { FrameFlow } from './frame-flow.ts';
import { FrameMaker } from './frame-maker.ts';
import { LiveColor, type CameraNetwork } from './live-color.ts';
import type { LiveResources } from './live-resources.ts';
import { offlineCard } from './offline-card.ts';
import { StatusBoard, type StatusSettings } from './status-board.ts';
import { toldState } from './told-state.ts';
import { CameraJpegs } from './pictures/camera-jpegs.ts';
import type { LumaBuffer } from './pictures/luma-pool.ts';
import type { Picture, PictureRequest } from './pictures/picture.ts';
import { Renditions } from './pictures/renditions.ts';

export interface LiveCameraOptions {
  readonly id: string;
  readonly config: CameraConfig;
  readonly publish: Pick<Config['publish'], 'visibleMark' | 'maxHeightPx'>;
  readonly network: CameraNetwork;
  readonly resources: LiveResources;
  /** The RTSP path under which the colour is published. */
  readonly rtspPath: string | undefined;
}

/** The settings of a camera that need no new connection. */
export interface CameraSettings extends StatusSettings {
  readonly network: CameraNetwork;
}

/**
 * One live camera from frames to pictures. A frame never waits for the network: it gets the colour that is known when
 * it arrives (`LiveColor`).
 *
 * It exists as long as the config lists it, whatever happens to its connection: `connect` gives it another feed, and
 * viewers stay.
 */
export class LiveCamera implements CameraFeed {
  readonly id: string;
  readonly status$: Observable<CameraStatus>;
  /** All of its work. Subscribing starts the camera, unsubscribing stops it. */
  readonly run$: Observable<never>;
  private readonly options: LiveCameraOptions;
  private readonly feeds$ = new BehaviorSubject<LiveFeed<LumaBuffer> | undefined>(undefined);
  private readonly figures: CameraFigures;
  private readonly color: LiveColor;
  private readonly renditions: Renditions;
  private readonly maker: FrameMaker;
  private readonly flow: FrameFlow;
  private readonly jpegs: CameraJpegs;
  private readonly board: StatusBoard;
  private readonly needsWhole$: BehaviorSubject<boolean>;
  private isSparse = false;
  private isOver = false;

  constructor(options: LiveCameraOptions) {
    const { id, config, network, rtspPath, publish, resources } = options;
    this.id = id;
    this.options = options;
    this.figures = new CameraFigures(id, resources.metrics);
    this.color = new LiveColor({ camera: id, config, network, resources });
    this.needsWhole$ = new BehaviorSubject(this.color.needsWholeFrames);
    this.renditions = new Renditions({
      camera: id,
      hasVisibleMark: publish.visibleMark,
      jpegQuality: resources.jpegs.quality,
      onDrop: () => this.drop('encoder'),
      onWanted: () => this.showLast(),
    });
    const { color, renditions, figures } = this;
    this.maker = new FrameMaker({ color, renditions, figures, masks: config.masks });
    this.flow = this.makeFlow();
    this.jpegs = this.makeJpegs();
    const { metrics, machine } = resources;
    const settings = { config, rtspPath };
    this.board = new StatusBoard({ id, settings, figures, color, metrics, machine });
    this.status$ = this.board.status$;
    this.run$ = merge(this.frames(), this.states(), this.ticks()).pipe(ignoreElements());
  }

  get status(): CameraStatus {
    return this.board.status;
  }

  /** Memory for the frames of a feed. */
  get buffers(): LiveBuffers<LumaBuffer> {
    return this.maker.buffers;
  }

  /** Whether anybody watches. Emits the current state first. */
  get isWatched$(): Observable<boolean> {
    return this.watchedHeightPx$.pipe(map((heightPx) => heightPx > 0));
  }

  /**
   * The number of lines that frames need for what is watched; 0 if nobody watches. Emits the current one first. It is
   * infinite for a network that sees the frames at their own size.
   */
  get watchedHeightPx$(): Observable<number> {
    return combineLatest([this.renditions.wantedHeightPx$, this.needsWhole$]).pipe(
      map(([heightPx, needsWhole]) => (heightPx > 0 && needsWhole ? Infinity : heightPx)),
    );
  }

  /**
   * Takes frames from this feed from now on; undefined disables the camera. The caller owns the feeds.
   * @param about.isSparse - its frames may be many seconds apart, so a new viewer gets the last one immediately
   */
  connect(feed: LiveFeed<LumaBuffer> | undefined, about: { readonly isSparse?: boolean } = {}): void {
    this.isSparse = about.isSparse === true;
    this.feeds$.next(feed);
    if (!feed) this.board.enter({ kind: 'disabled', sinceMs: epochMs() });
  }

  /** Stays without a connection until somebody watches. The last picture stays, for a viewer who comes. */
  rest(): void {
    this.feeds$.next(undefined);
    this.board.enter({ kind: 'idle', sinceMs: epochMs() });
  }

  /** Applies settings that need no new connection. */
  apply(settings: CameraSettings): void {
    this.color.apply(settings.config, settings.network);
    this.needsWhole$.next(this.color.needsWholeFrames);
    if (this.maker.applyMasks(settings.config.masks)) this.showLast();
    this.board.apply(settings);
  }

  /** Counts frames that were dropped before they arrived here. */
  drop(cause: DropCause, count = 1): void {
    if (!this.isOver) this.figures.countDropped(cause, count);
  }

  /** Counts a new attempt to connect. */
  countReconnect(): void {
    this.figures.countReconnect();
  }

  pictures$(request: PictureRequest): Observable<Picture> {
    return this.renditions.pictures$(this.allowed(request)).pipe(filter(isWhole));
  }

  originals$({ heightPx }: Pick<PictureRequest, 'heightPx'>): Observable<Picture> {
    return this.renditions.pictures$(this.allowed({ heightPx, isMarked: false }), true).pipe(filter(isWhole));
  }

  jpegs$(request: PictureRequest): Observable<EncodedPicture> {
    return this.jpegs.jpegs$(this.allowed(request));
  }

  /** Ends every subscription, because the camera is removed. After this the camera counts and publishes nothing. */
  complete(): void {
    this.isOver = true;
    this.maker.complete();
    this.color.forget();
    this.renditions.complete();
    this.board.complete();
    this.feeds$.complete();
  }

  private makeJpegs(): CameraJpegs {
    const { jpegs, warn } = this.options.resources;
    return new CameraJpegs({
      encoders: jpegs,
      pictures$: (request) => this.renditions.jpegPictures$(request),
      masks: () => this.maker.masks,
      onEncoded: (latencyMs) => this.figures.addLatency(latencyMs),
      onDrop: (reason) => {
        this.drop('encoder');
        if (reason !== undefined) warn(this.id, reason);
      },
    });
  }

  private makeFlow(): FrameFlow {
    return new FrameFlow({
      maker: this.maker,
      figures: this.figures,
      onDrop: () => this.drop('busy'),
      onRepeated: () => this.showCard(),
    });
  }

  private frames(): Observable<unknown> {
    return this.flow.run(this.feeds$.pipe(switchMap((feed) => feed?.frames$ ?? EMPTY)));
  }

  private states(): Observable<unknown> {
    return this.feeds$.pipe(
      switchMap((feed) => feed?.state$ ?? EMPTY),
      tap((state) => this.board.enter(state)),
    );
  }

  private ticks(): Observable<unknown> {
    return interval(1000).pipe(
      tap(() => {
        this.figures.tick();
        this.showCard();
      }),
      map(() => this.board.publish()),
    );
  }

  /** A live camera soon has a next frame. A camera that is lost, or sends few frames, shows its last frame again. */
  private showLast(): void {
    if (this.board.state.kind !== 'live' || this.isSparse) this.flow.repeat();
  }

  private showCard(): void {
    const lines = offlineCard(toldState(this.board.state));
    if (lines) this.maker.publishCard(lines);
  }

  private allowed({ heightPx, isMarked }: PictureRequest): PictureRequest {
    return { heightPx: Math.min(heightPx, this.options.publish.maxHeightPx), isMarked };
  }
}

/** Encoders of video would start again at another size, so they wait for the right one. */
function isWhole({ isReduced }: Picture): boolean {
  return isReduced !== true;
}
