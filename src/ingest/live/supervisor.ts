import type { CameraState } from './camera-status.ts';
import { Backoff, cameraBackoff } from './backoff.ts';
import { wait, type Clock } from './clock.ts';
import type { ConnectionEnd, CameraConnectionOptions } from './connection.ts';

export interface SupervisorOptions {
  /** One connection from start to end. */
  readonly connect: (hooks: ConnectionHooks) => Promise<ConnectionEnd>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onState: (state: CameraState) => void;
  /** Called when a connection is lost or closed and a new attempt follows. */
  readonly onReconnect: () => void;
}

export type ConnectionHooks = Pick<CameraConnectionOptions<never>, 'signal' | 'onLive' | 'onStalled'>;

/** After this long without a picture, a camera counts as offline. */
const offlineAfterMs = 30_000;
/** Many cameras lock an account after five wrong passwords within some minutes. */
const refusedRetryMs = 300_000;
/** A camera that accepted this password before may be starting, so the first attempt comes sooner. */
const firstRefusedRetryMs = 30_000;
const refusedJitter = 0.2;
/** If a picture changes its size more often than this, Chromafeed reconnects with the usual waits. */
const resizeIntervalMs = 10_000;

interface Outage {
  readonly lostMs: number;
  /** Time of the last frame, or of the first attempt. */
  readonly darkMs: number;
  retryMs: number;
  attempt: number;
  reason: string;
}

/**
 * Keeps a camera connected until the signal aborts: one connection at a time, each new one after a growing wait. It
 * knows nothing about ffmpeg, so tests run it in virtual time.
 */
export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly backoff: Backoff;
  private readonly firstMs: number;
  private outage: Outage | undefined;
  private lastFrameMs: number | undefined;
  private liveMs: number | undefined;
  private resizedMs = -Infinity;
  private refusals = 0;
  private cancelOffline = (): void => undefined;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.backoff = new Backoff({ ...cameraBackoff, random: options.clock.random });
    this.firstMs = options.clock.nowMs();
  }

  /** Resolves when the signal has aborted and the last connection is over. */
  async run(): Promise<void> {
    const { connect, clock, signal, onState, onReconnect } = this.options;
    onState({ kind: 'connecting', sinceMs: this.firstMs });
    const hooks = {
      signal,
      onLive: () => this.live(),
      onStalled: (lastFrameMs: number) => onState({ kind: 'stalled', sinceMs: clock.nowMs(), lastFrameMs }),
    };
    while (!this.isStopped()) {
      const end = await connect(hooks);
      if (this.isStopped()) break;
      await this.pause(end);
      if (!this.isStopped()) onReconnect();
    }
    this.cancelOffline();
  }

  private isStopped(): boolean {
    return this.options.signal.aborted;
  }

  private live(): void {
    const nowMs = this.options.clock.nowMs();
    this.cancelOffline();
    this.outage = undefined;
    this.refusals = 0;
    this.liveMs = nowMs;
    this.options.onState({ kind: 'live', sinceMs: nowMs });
  }

  /** The wait between one connection and the next. */
  private async pause(end: ConnectionEnd): Promise<void> {
    const { clock, signal, onState } = this.options;
    const nowMs = clock.nowMs();
    this.lastFrameMs = end.lastFrameMs ?? this.lastFrameMs;
    if (this.liveMs !== undefined) this.backoff.lived(nowMs - this.liveMs);
    this.liveMs = undefined;
    if (end.kind === 'resized' && nowMs - this.resizedMs >= resizeIntervalMs) {
      this.resizedMs = nowMs;
      onState({ kind: 'connecting', sinceMs: nowMs });
      return;
    }
    const pauseMs = end.kind === 'refused' ? this.refused(nowMs, end.reason) : this.lost(nowMs, end.reason);
    await wait(clock, pauseMs, signal);
  }

  /** Reports that the camera rejects the user; returns the wait before the next attempt, ms. */
  private refused(nowMs: number, reason: string): number {
    this.cancelOffline();
    this.outage = undefined;
    this.refusals++;
    const hasWorked = this.lastFrameMs !== undefined && this.refusals === 1;
    const pauseMs = hasWorked ? firstRefusedRetryMs : refusedRetryMs;
    const delayMs = pauseMs * (1 + refusedJitter * this.options.clock.random());
    this.options.onState({
      kind: 'refused',
      sinceMs: this.lastFrameMs ?? this.firstMs,
      retryMs: nowMs + delayMs,
      attempt: this.refusals,
      reason,
    });
    return delayMs;
  }

  /** Reports that the camera is lost; returns the wait before the next attempt, ms. */
  private lost(nowMs: number, reason: string): number {
    const outage = (this.outage ??= this.beginOutage(nowMs));
    const delayMs = this.backoff.nextMs(nowMs);
    Object.assign(outage, { retryMs: nowMs + delayMs, attempt: outage.attempt + 1, reason });
    this.sayLost(outage);
    return delayMs;
  }

  private beginOutage(nowMs: number): Outage {
    const isFirst = this.lastFrameMs === undefined;
    const lostMs = isFirst ? this.firstMs : nowMs;
    this.cancelOffline = this.options.clock.after(Math.max(0, lostMs + offlineAfterMs - nowMs), () => {
      if (this.outage) this.sayLost(this.outage);
    });
    return { lostMs, darkMs: this.lastFrameMs ?? this.firstMs, retryMs: nowMs, attempt: 0, reason: '' };
  }

  private sayLost({ lostMs, darkMs, retryMs, attempt, reason }: Outage): void {
    const isOffline = this.options.clock.nowMs() - lostMs >= offlineAfterMs;
    this.options.onState(
      isOffline
        ? { kind: 'offline', sinceMs: darkMs, retryMs, attempt, reason }
        : { kind: 'reconnecting', sinceMs: lostMs, retryMs, attempt, reason },
    );
  }
}
