import {
  BehaviorSubject,
  distinctUntilChanged,
  EMPTY,
  NEVER,
  takeUntil,
  Subject,
  type Observable,
} from 'rxjs';
import type { CameraStatus } from '../../../ingest/live/camera-status.ts';
import type { CameraConfig } from '../../../config/schema.ts';
import type { CameraFeed, EncodedPicture } from '../../live/camera-feed.ts';
import { epochMs, wallTimeOf } from '../../live/epoch.ts';
import type { Picture, PictureRequest } from '../../live/pictures/picture.ts';
import type { OriginalStream } from '../../publish/publisher-options.ts';
import type { VideoStream } from '../../publish/video/video-stream.ts';
import type { ClusterMetrics } from './cluster-metrics.ts';
import type { PeerClient, PeerMachine } from './peer-client.ts';
import { relayedFragments, relayedJpegs, relayedOriginal, type RelayOptions } from './relay-stream.ts';

export interface RelayedCameraOptions {
  readonly id: string;
  readonly config: () => CameraConfig | undefined;
  readonly client: PeerClient;
  readonly metrics: ClusterMetrics;
}

/** What is known about the machine that has a camera. */
export interface CameraRoute {
  /** Undefined: no machine has the camera now. */
  readonly owner: PeerMachine | undefined;
  /** What the owner says about the camera; undefined: nothing yet. */
  readonly status: CameraStatus | undefined;
  /** Why the owner cannot be reached; undefined: it can. */
  readonly problem: string | undefined;
}

/**
 * A camera that runs on another machine. Its pictures are encoded there and come as the same bytes, once for all viewers
 * of this machine, while there are any.
 */
export class RelayedCamera implements CameraFeed {
  readonly id: string;
  readonly status$: Observable<CameraStatus>;
  private readonly options: RelayedCameraOptions;
  private readonly relay: RelayOptions;
  private readonly owner$ = new BehaviorSubject<PeerMachine | undefined>(undefined);
  private readonly statuses$: BehaviorSubject<CameraStatus>;
  private readonly over$ = new Subject<void>();
  private readonly jpegs = new Map<string, Observable<EncodedPicture>>();
  private readonly videos = new Map<number, VideoStream>();
  private original: OriginalStream | undefined;
  private attempts = 0;

  constructor(options: RelayedCameraOptions) {
    const { id, client, metrics } = options;
    this.id = id;
    this.options = options;
    this.statuses$ = new BehaviorSubject(unknownStatus(id, options.config(), undefined));
    this.status$ = this.statuses$.asObservable();
    const owner$ = this.owner$.pipe(distinctUntilChanged((a, b) => a?.address === b?.address));
    this.relay = { camera: id, client, metrics, owner$ };
  }

  get status(): CameraStatus {
    return this.statuses$.value;
  }

  /** The machine that has the camera, as far as it is known. */
  get owner(): PeerMachine | undefined {
    return this.owner$.value;
  }

  /** Takes over what is known now. */
  follow({ owner, status, problem }: CameraRoute): void {
    this.owner$.next(owner);
    const known = status ?? unknownStatus(this.id, this.options.config(), owner?.name);
    this.attempts = problem === undefined ? 0 : this.attempts + 1;
    const next = problem === undefined ? known : lost(known, problem, this.attempts);
    if (next !== this.statuses$.value) this.statuses$.next(next);
  }

  jpegs$(request: PictureRequest): Observable<EncodedPicture> {
    const key = `${request.heightPx} ${request.isMarked}`;
    let jpegs$ = this.jpegs.get(key);
    if (jpegs$ === undefined) {
      jpegs$ = relayedJpegs(this.relay, request).pipe(takeUntil(this.over$));
      this.jpegs.set(key, jpegs$);
    }
    return jpegs$;
  }

  /** H.264 for dashboards. */
  video(heightPx: number): VideoStream {
    let video = this.videos.get(heightPx);
    if (video === undefined) {
      const fragments$ = relayedFragments(this.relay, heightPx).pipe(takeUntil(this.over$));
      this.videos.set(heightPx, (video = { fragments$, accessUnits$: NEVER }));
    }
    return video;
  }

  /** The uncoloured picture; undefined if the camera does not publish it. */
  originalStream(): OriginalStream | undefined {
    if (!this.status.hasOriginal) return undefined;
    this.original ??= relayedOriginal(this.relay);
    return this.original;
  }

  /** Raw pictures do not travel between machines. */
  pictures$(): Observable<Picture> {
    return EMPTY;
  }

  /** Raw pictures do not travel between machines. */
  originals$(): Observable<Picture> {
    return EMPTY;
  }

  /** Ends every subscription, because this machine has the camera now, or nobody has it any more. */
  complete(): void {
    this.over$.next();
    this.owner$.next(undefined);
    this.statuses$.complete();
  }
}

/** Until the machine that has the camera says more. */
function unknownStatus(
  id: string,
  config: CameraConfig | undefined,
  machine: string | undefined,
): CameraStatus {
  return {
    id,
    name: config?.name ?? id,
    state: { kind: 'connecting', sinceMs: wallTimeOf(epochMs()) },
    isNight: false,
    nightShows: config?.night.show ?? 'color',
    size: undefined,
    fpsIn: 0,
    fpsOut: 0,
    answersPerS: 0,
    latencyMs: undefined,
    dropped: { busy: 0, encoder: 0, viewer: 0, rate: 0, damaged: 0 },
    reconnects: 0,
    model: { name: config?.model ?? 'unknown', version: 0 },
    hasOriginal: config?.original ?? false,
    rtspPath: undefined,
    ...(machine !== undefined && { machine }),
  };
}

function lost(status: CameraStatus, reason: string, attempt: number): CameraStatus {
  const sinceMs = wallTimeOf(epochMs());
  const state = { kind: 'reconnecting', sinceMs, retryMs: sinceMs + 1000, attempt, reason } as const;
  return { ...status, fpsIn: 0, fpsOut: 0, answersPerS: 0, latencyMs: undefined, state };
}
