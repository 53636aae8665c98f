import { ReplaySubject, Subject, type Observable } from 'rxjs';
import type { CameraState, DropCause } from './camera-status.ts';
import type { CameraConfig } from '../../config/schema.ts';
import type { Logger } from '../../log/log.ts';
import type { NutBuffer } from '../nut/demuxer.ts';
import { Redactor } from '../../log/redact.ts';
import { systemClock, type Clock } from './clock.ts';
import { runConnection, type ConnectionEnd } from './connection.ts';
import { FrameIntake } from './frame-intake.ts';
import { liveCommand, type DecodeAmount, type LiveCommand } from './live-args.ts';
import type { LiveBuffers, LiveFeed, LiveFrame } from './live-feed.ts';
import { isError } from './live-log.ts';
import { Supervisor, type ConnectionHooks } from './supervisor.ts';
import { TokenBucket } from './token-bucket.ts';

export interface LiveFeedOptions<T extends NutBuffer> extends DecodeAmount {
  readonly id: string;
  readonly config: CameraConfig;
  readonly buffers: LiveBuffers<T>;
  /** Takes log lines; the feed adds the camera's id. */
  readonly log: Logger;
  /** Called when a frame is dropped: above the limit (`rate`), or incomplete (`damaged`). */
  readonly onDrop: (cause: DropCause, count: number) => void;
  /** Called when a connection is lost or closed and a new attempt follows. */
  readonly onReconnect: () => void;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

const troubles: readonly CameraState['kind'][] = ['reconnecting', 'offline', 'stalled', 'refused'];
/** No camera sends more frames per second; a source that does is a file that is served without pacing. */
const fastestCameraFps = 120;
const brakeCaps = 4;
/** Some cameras send a keyframe only every 30 s. */
const keyframeStallMs = 90_000;

/**
 * Connects to a camera and stays connected until disposal, whatever the camera does. Frames start immediately, so
 * subscribe in the same turn of the event loop. `frames$` has one subscriber, who owns the buffers; without a
 * subscriber they are released.
 * @throws {AppError} USAGE if the kind of source is unknown
 */
export function openLiveFeed<T extends NutBuffer>(options: LiveFeedOptions<T>): LiveFeed<T> {
  return new SupervisedFeed(options);
}

class SupervisedFeed<T extends NutBuffer> implements LiveFeed<T> {
  readonly frames$: Observable<LiveFrame<T>>;
  readonly state$: Observable<CameraState>;
  private readonly options: LiveFeedOptions<T>;
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly redactor: Redactor;
  private readonly command: LiveCommand;
  private readonly intake: FrameIntake<T>;
  private readonly frameSubject$ = new Subject<LiveFrame<T>>();
  private readonly stateSubject$ = new ReplaySubject<CameraState>(1);
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  /** For a broken stream, ffmpeg may write thousands of lines per second. */
  private readonly logCap = new TokenBucket(1, 10);
  private lastKind: CameraState['kind'] | undefined;
  private position: number | undefined;

  constructor(options: LiveFeedOptions<T>) {
    const { id, config, buffers, onDrop } = options;
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.log = options.log.child({ camera: id });
    this.redactor = new Redactor([config.source]);
    this.command = liveCommand(config, options);
    this.frames$ = this.frameSubject$.asObservable();
    this.state$ = this.stateSubject$.asObservable();
    const onFrame = (frame: LiveFrame<T>): void => {
      if (this.frameSubject$.observed) this.frameSubject$.next(frame);
      else buffers.release(frame.buffer);
    };
    this.intake = new FrameIntake({
      fps: config.fps,
      hasChroma: this.command.hasChroma,
      isReduced: options.isReduced === true,
      buffers,
      clock: this.clock,
      onFrame,
      onDrop,
    });
    this.running = config.enabled ? this.supervise() : this.rest();
  }

  get isSmall(): boolean {
    return this.intake.isSmall;
  }

  get positionS(): number | undefined {
    return this.position;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.frameSubject$.complete();
    this.stateSubject$.complete();
  }

  private supervise(): Promise<void> {
    const supervisor = new Supervisor({
      connect: (hooks) => this.connect(hooks),
      clock: this.clock,
      signal: this.stopping.signal,
      onState: (state) => this.say(state),
      onReconnect: this.options.onReconnect,
    });
    return supervisor.run();
  }

  private rest(): Promise<void> {
    this.say({ kind: 'disabled', sinceMs: this.clock.nowMs() });
    return Promise.resolve();
  }

  private async connect(hooks: ConnectionHooks): Promise<ConnectionEnd> {
    const { id, config } = this.options;
    const connection = runConnection({
      ...hooks,
      name: `camera ${id}`,
      command: this.command,
      intake: this.intake,
      clock: this.clock,
      stallMs: this.stallMs,
      brakeFps: Math.max(fastestCameraFps, config.fps * brakeCaps),
      onPosition: (positionS) => (this.position = positionS),
      onLog: (level, text) => this.logLine(level, text),
    });
    const end = await connection.catch((error: unknown) => this.unexpected(error));
    return { ...end, reason: this.redactor.redact(end.reason) };
  }

  /** Keyframes may be far apart. */
  private get stallMs(): number | undefined {
    const { config, keyframesOnly } = this.options;
    const fixedMs = config.stallS === undefined ? undefined : config.stallS * 1000;
    return keyframesOnly === true ? Math.max(keyframeStallMs, fixedMs ?? 0) : fixedMs;
  }

  /** A fault in this program, or a machine without file descriptors. This camera and all others continue. */
  private unexpected(err: unknown): ConnectionEnd {
    this.log.error({ err }, 'the connection failed in an unexpected way');
    return { kind: 'lost', reason: String(err), lastFrameMs: undefined };
  }

  private say(state: CameraState): void {
    const isNews = state.kind !== this.lastKind;
    this.lastKind = state.kind;
    const isTrouble = troubles.includes(state.kind);
    this.log[isNews ? (isTrouble ? 'warn' : 'info') : 'debug']({ state }, `camera is ${state.kind}`);
    this.stateSubject$.next(state);
  }

  private logLine(level: string, text: string): void {
    if (!isError(level) && level !== 'warning') return;
    if (this.log.isLevelEnabled('debug') && this.logCap.take(this.clock.nowMs()))
      this.log.debug({ ffmpeg: this.redactor.redact(text) }, `ffmpeg: ${level}`);
  }
}
