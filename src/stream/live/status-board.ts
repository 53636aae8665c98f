import { BehaviorSubject, type Observable } from 'rxjs';
import type { CameraConfig } from '../../config/schema.ts';
import type { CameraState, CameraStatus } from '../../ingest/live/camera-status.ts';
import type { CameraFigures } from './camera-figures.ts';
import { epochMs } from './epoch.ts';
import type { LiveColor } from './live-color.ts';
import type { Metrics } from './metrics.ts';
import { toldState } from './told-state.ts';

/** The settings of a camera that viewers see in its status. */
export interface StatusSettings {
  readonly config: CameraConfig;
  /** The RTSP path under which the colour is published. */
  readonly rtspPath: string | undefined;
}

export interface StatusBoardOptions {
  readonly id: string;
  readonly settings: StatusSettings;
  readonly figures: CameraFigures;
  readonly color: LiveColor;
  readonly metrics: Metrics;
  /** Name of this machine, if there are several. */
  readonly machine?: string | undefined;
}

/** Publishes a camera's status: the state of its connection, its figures, and what its picture shows. */
export class StatusBoard {
  readonly status$: Observable<CameraStatus>;
  private readonly options: StatusBoardOptions;
  private readonly statuses$: BehaviorSubject<CameraStatus>;
  private settings: StatusSettings;
  private current: CameraState = { kind: 'connecting', sinceMs: epochMs() };

  constructor(options: StatusBoardOptions) {
    this.options = options;
    this.settings = options.settings;
    this.statuses$ = new BehaviorSubject(this.describe());
    this.status$ = this.statuses$.asObservable();
  }

  get status(): CameraStatus {
    return this.statuses$.value;
  }

  /** The state of the connection. */
  get state(): CameraState {
    return this.current;
  }

  /** Takes a new state of the connection, and publishes it immediately. */
  enter(state: CameraState): void {
    this.current = state;
    this.options.metrics.stateOf(this.options.id, state.kind);
    this.publish();
  }

  /** Takes new settings, and publishes them immediately. */
  apply(settings: StatusSettings): void {
    this.settings = settings;
    this.publish();
  }

  /** Publishes the status as it is now. */
  publish(): void {
    this.statuses$.next(this.describe());
  }

  complete(): void {
    this.statuses$.complete();
  }

  private describe(): CameraStatus {
    const { id, figures, color, machine } = this.options;
    const { config, rtspPath } = this.settings;
    return {
      id,
      name: config.name ?? id,
      state: toldState(this.current),
      isNight: color.isNight,
      nightShows: config.night.show,
      isOwnColor: color.isOwnColor,
      size: color.cameraSize,
      ...figures.now,
      dropped: figures.dropped,
      reconnects: figures.reconnects,
      model: color.model,
      hasOriginal: config.original,
      rtspPath,
      ...(machine !== undefined && { machine }),
    };
  }
}
