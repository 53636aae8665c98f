import { ReplaySubject, Subject, type Observable } from 'rxjs';
import type { CameraState, DropCause } from './camera-status.ts';
import type { CameraConfig } from '../../config/schema.ts';
import type { Logger } from '../../log/log.ts';
import type { NutBuffer } from '../nut/demuxer.ts';
import { Redactor } from '../../log/redact.ts';
import { systemClock, type Clock } from './clock.ts';
import { runConnection, type ConnectionEnd } from './connection.ts';
import { FrameIntake } from './frame-intake.ts';
import { liveCommand, type LiveCommand } from './live-args.ts';
import type { LiveBuffers, LiveFeed, LiveFrame } from './live-feed.ts';
import { isError } from './live-log.ts';
import { Supervisor, type ConnectionHooks } from './supervisor.ts';
import { TokenBucket } from './token-bucket.ts';

export interface LiveFeedOptions<T extends NutBuffer> {
  readonly id: string;
  readonly config: CameraConfig;
  /** Frames between keyframes are not decoded. */
  readonly keyframesOnly?: boolean;
  readonly buffers: LiveBuffers<T>;
  /** The feed adds the camera's id to its lines. */
  readonly log: Logger;
  /** A frame was not handed on: beyond the cap (`rate`), or cut off (`damaged`). */
  readonly onDrop: (cause: DropCause, count: number) => void;
  /** A connection was lost, or given up, and another is tried. */
  readonly onReconnect: () => void;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

const troubles: readonly CameraState['kind'][] = ['reconnecting', 'offline', 'stalled', 'refused'];
/** No camera sends more frames a second; what does is a file, served without a pace. */
const fastestCameraFps = 120;
const brakeCaps = 4;
/** Some cameras send a keyframe only every 30 s. */
const keyframeStallMs = 90_000;

/**
 * Connects to a camera and stays connected, whatever it does, until disposal. Frames begin to flow at once: subscribe
 * in the same turn. `frames$` has one subscriber, who owns the buffers; without one they are released.
 * @throws {AppError} USAGE when the source is of no known kind
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
  /** ffmpeg may write thousands of lines a second about a broken stream. */
  private readonly logCap = new TokenBucket(1, 10);
  private lastKind: CameraState['kind'] | undefined;

  constructor(options: LiveFeedOptions<T>) {
    const { id, config, buffers, onDrop } = options;
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.log = options.log.child({ camera: id });
    this.redactor = new Redactor([config.source]);
    this.command = liveCommand(config, options.keyframesOnly);
    this.frames$ = this.frameSubject$.asObservable();
    this.state$ = this.stateSubject$.asObservable();
    const onFrame = (frame: LiveFrame<T>): void => {
      if (this.frameSubject$.observed) this.frameSubject$.next(frame);
      else buffers.release(frame.buffer);
    };
    this.intake = new FrameIntake({
      fps: config.fps,
      hasChroma: this.command.hasChroma,
      buffers,
      clock: this.clock,
      onFrame,
      onDrop,
    });
    this.running = config.enabled ? this.supervise() : this.rest();
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
      onLog: (level, text) => this.logLine(level, text),
    });
    const end = await connection.catch((error: unknown) => this.unforeseen(error));
    return { ...end, reason: this.redactor.redact(end.reason) };
  }

  /** Keyframes may be far apart. */
  private get stallMs(): number | undefined {
    const { config, keyframesOnly } = this.options;
    const fixedMs = config.stallS === undefined ? undefined : config.stallS * 1000;
    return keyframesOnly === true ? Math.max(keyframeStallMs, fixedMs ?? 0) : fixedMs;
  }

  /** A defect of ours, or a machine without file descriptors: the other cameras go on, and so does this one. */
  private unforeseen(err: unknown): ConnectionEnd {
    this.log.error({ err }, 'the connection failed in an unforeseen way');
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
