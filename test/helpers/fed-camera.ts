import {
  BehaviorSubject,
  concatMap,
  defer,
  finalize,
  NEVER,
  ReplaySubject,
  share,
  Subject,
  type Observable,
} from 'rxjs';
import sharp from 'sharp';
import type { CameraStatus } from '../../src/ingest/live/camera-status.ts';
import { AppError } from '../../src/errors.ts';
import type { Picture, PictureRequest } from '../../src/stream/live/pictures/picture.ts';
import type {
  CameraDirectory,
  CameraFeed,
  CameraOverrides,
  EncodedPicture,
} from '../../src/stream/live/camera-feed.ts';
import type { VideoFragment, VideoInit, VideoStream } from '../../src/stream/publish/video/video-stream.ts';

/** An RGB frame from a test. */
interface RawFrame {
  readonly sequence: number;
  readonly capturedMs: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rgb: Uint8Array;
}

/** A camera whose frames come from a test. sharp makes real JPEGs, each once for all viewers of the same size. */
export class FedCamera implements CameraFeed {
  readonly id: string;
  status: CameraStatus;
  readonly video = new FedVideo();
  private readonly chunks$ = new Subject<Uint8Array>();
  readonly original = { chunks$: this.chunks$.asObservable(), size: { widthPx: 320, heightPx: 180 } };
  /** The number of pictures encoded so far. */
  encodes = 0;
  /** The number of encoders started so far. */
  starts = 0;
  /** The running encoders, by size: `360` or `360 marked`. */
  readonly running: string[] = [];
  private readonly frames$ = new Subject<RawFrame>();
  private readonly statuses$: BehaviorSubject<CameraStatus>;
  private readonly shared = new Map<string, Observable<EncodedPicture>>();
  private sequence = 0;

  constructor(id: string) {
    this.id = id;
    this.status = makeStatus(id);
    this.statuses$ = new BehaviorSubject(this.status);
  }

  get status$(): Observable<CameraStatus> {
    return this.statuses$.asObservable();
  }

  pictures$(): Observable<Picture> {
    return NEVER;
  }

  originals$(): Observable<Picture> {
    return NEVER;
  }

  jpegs$(wish: PictureRequest): Observable<EncodedPicture> {
    const key = `${wish.heightPx}${wish.isMarked ? ' marked' : ''}`;
    let jpegs$ = this.shared.get(key);
    if (jpegs$ === undefined) {
      const start$ = defer(() => {
        this.starts++;
        this.running.push(key);
        return this.frames$;
      });
      jpegs$ = start$.pipe(
        concatMap((frame) => this.encode(frame, wish)),
        finalize(() => this.running.splice(this.running.indexOf(key), 1)),
        share({ connector: () => new ReplaySubject<EncodedPicture>(1) }),
      );
      this.shared.set(key, jpegs$);
    }
    return jpegs$;
  }

  /** Feeds a frame of noise, which JPEG hardly compresses. @returns its number */
  show(widthPx = 320, heightPx = 180, capturedMs = performance.timeOrigin + performance.now()): number {
    const rgb = new Uint8Array(widthPx * heightPx * 3);
    let seed = ++this.sequence;
    for (let i = 0; i < rgb.length; i++)
      rgb[i] = (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) >>> 24;
    this.frames$.next({ sequence: this.sequence, capturedMs, widthPx, heightPx, rgb });
    return this.sequence;
  }

  /** Feeds a piece of the MPEG-TS. */
  showOriginal(chunk: Uint8Array): void {
    this.chunks$.next(chunk);
  }

  /** Whether somebody is subscribed to the MPEG-TS. */
  get isOriginalWatched(): boolean {
    return this.chunks$.observed;
  }

  tell(change: Partial<CameraStatus>): void {
    this.status = { ...this.status, ...change };
    this.statuses$.next(this.status);
  }

  /** Completes all observables, as when a camera is removed. */
  end(): void {
    this.frames$.complete();
    this.statuses$.complete();
    this.chunks$.complete();
    this.video.end();
  }

  private async encode(frame: RawFrame, wish: PictureRequest): Promise<EncodedPicture> {
    this.encodes++;
    const heightPx = Math.min(wish.heightPx, frame.heightPx);
    const { data, info } = await sharp(frame.rgb, {
      raw: { width: frame.widthPx, height: frame.heightPx, channels: 3 },
    })
      .resize({ height: heightPx })
      .jpeg({ quality: 90 })
      .toBuffer({ resolveWithObject: true });
    const { sequence, capturedMs } = frame;
    const size = { widthPx: info.width, heightPx: info.height };
    return { camera: this.id, sequence, capturedMs, size, jpeg: data };
  }
}

/** H.264 whose fragments come from a test. The server does not parse them. */
export class FedVideo implements VideoStream {
  readonly accessUnits$ = NEVER;
  private readonly fed$ = new Subject<VideoFragment>();
  readonly fragments$ = this.fed$.asObservable();
  private sequence = 0;
  private init = makeInit(0);

  show(isKeyframe: boolean, bytes = 1000): void {
    const data = new Uint8Array(bytes).fill(++this.sequence);
    const capturedMs = performance.timeOrigin + performance.now();
    const size = { widthPx: 640, heightPx: 360 };
    this.fed$.next({ isKeyframe, sequence: this.sequence, capturedMs, size, data, init: this.init });
  }

  /** The number of viewers who are subscribed. */
  get isWatched(): boolean {
    return this.fed$.observed;
  }

  end(): void {
    this.fed$.complete();
  }

  /** Does what an encoder does after a restart. */
  restart(): void {
    this.init = makeInit(this.sequence + 1);
  }
}

/** A list of cameras to which a test adds cameras and from which it removes them. */
export class FedDirectory implements CameraDirectory {
  readonly feeds: FedCamera[];
  /** The actions of administrators: `pause door`. */
  readonly deeds: string[] = [];
  private readonly overrides = new Map<string, Partial<CameraOverrides>>();
  private readonly changed$ = new Subject<void>();
  readonly changes$ = this.changed$.asObservable();

  constructor(...ids: string[]) {
    this.feeds = ids.map((id) => new FedCamera(id));
  }

  feed(id: string): FedCamera | undefined {
    return this.feeds.find((feed) => feed.id === id);
  }

  /** Returns the camera, which must exist. */
  camera(id: string): FedCamera {
    const feed = this.feed(id);
    if (feed === undefined) throw new Error(`no camera ${id}`);
    return feed;
  }

  add(id: string, settings: unknown): Promise<void> {
    if (typeof settings !== 'object' || settings === null || !('source' in settings))
      return Promise.reject(new AppError('USAGE', `cameras.${id}.source: expected a text but got nothing`));
    this.deeds.push(`add ${id} ${String(settings.source)}`);
    this.feeds.push(new FedCamera(id));
    this.changed$.next();
    return Promise.resolve();
  }

  remove(id: string): Promise<void> {
    this.deeds.push(`remove ${id}`);
    const feed = this.camera(id);
    this.feeds.splice(this.feeds.indexOf(feed), 1);
    feed.end();
    this.changed$.next();
    return Promise.resolve();
  }

  pause(id: string): Promise<void> {
    this.deeds.push(`pause ${id}`);
    this.camera(id).tell({ state: { kind: 'disabled', sinceMs: Date.now() } });
    return Promise.resolve();
  }

  resume(id: string): Promise<void> {
    this.deeds.push(`resume ${id}`);
    this.camera(id).tell({ state: { kind: 'connecting', sinceMs: Date.now() } });
    return Promise.resolve();
  }

  overridable(id: string): CameraOverrides {
    return { masks: [], liveliness: 1, ...this.overrides.get(this.camera(id).id) };
  }

  override(id: string, settings: Partial<CameraOverrides>): Promise<void> {
    const { masks, liveliness } = settings;
    if (masks) this.deeds.push(`mask ${id} ${masks.length}`);
    if (liveliness !== undefined) this.deeds.push(`liveliness ${id} ${liveliness}`);
    this.overrides.set(id, { ...this.overrides.get(this.camera(id).id), ...settings });
    return Promise.resolve();
  }
}

function makeInit(seed: number): VideoInit {
  return { mimeType: 'video/mp4; codecs="avc1.42C01F"', data: new Uint8Array(700).fill(seed) };
}

function makeStatus(id: string): CameraStatus {
  return {
    id,
    name: `Camera ${id}`,
    state: { kind: 'live', sinceMs: Date.now() },
    isNight: false,
    nightShows: 'gray',
    size: { widthPx: 320, heightPx: 180 },
    fpsIn: 25,
    fpsOut: 25,
    answersPerS: 5,
    latencyMs: undefined,
    dropped: { busy: 0, encoder: 0, viewer: 0, rate: 0, damaged: 0 },
    reconnects: 0,
    model: { name: 'starter', version: 1 },
    hasOriginal: true,
    rtspPath: undefined,
  };
}
