import { AppError } from '../../errors.ts';
import { openOutputPipe } from '../ffmpeg/output-pipe.ts';
import { startFfmpeg, type FfmpegExit, type FfmpegProcess } from '../ffmpeg/process.ts';
import { openNut, type NutBuffer } from '../nut/demuxer.ts';
import { wait, type Clock } from './clock.ts';
import type { FrameIntake, FrameSlot } from './frame-intake.ts';
import { saturationFd, type LiveCommand } from './live-args.ts';
import { LiveLog } from './live-log.ts';
import { SaturationReader } from './saturation-reader.ts';
import { SourcePacer } from './source-pacer.ts';
import { StallTimer } from './stall-timer.ts';
import { TokenBucket } from './token-bucket.ts';

export interface CameraConnectionOptions<T extends NutBuffer> {
  readonly name: string;
  readonly command: LiveCommand;
  readonly intake: FrameIntake<T>;
  readonly clock: Clock;
  /** The longest time between frames, from the config. */
  readonly stallMs: number | undefined;
  /** Above this many frames per second, reading is slowed down, and so is the source. */
  readonly brakeFps: number;
  /** Ends the connection. */
  readonly signal: AbortSignal;
  /** Called when its first frame has come. */
  readonly onLive: () => void;
  readonly onStalled: (lastFrameMs: number) => void;
  /** Called with the position in a film in place of a camera after each frame, seconds. */
  readonly onPosition: (positionS: number) => void;
  /** Called with each line of ffmpeg's log, which may contain credentials. */
  readonly onLog: (level: string, text: string) => void;
}

/** Why a connection ended. Its ffmpeg is gone by then. */
export interface ConnectionEnd {
  /** `refused`: the camera answered that the user or the password is wrong. */
  readonly kind: 'lost' | 'resized' | 'refused';
  /** May contain credentials. */
  readonly reason: string;
  /** undefined if no frame came */
  readonly lastFrameMs: number | undefined;
}

/** Larger than 8K. */
const maxPacketBytes = 64 * 2 ** 20;

/**
 * Runs one ffmpeg on a camera until it ends, no frame comes for too long, the picture changes its size, or the signal
 * aborts. It never rejects because of a camera or ffmpeg.
 */
export async function runConnection<T extends NutBuffer>(
  options: CameraConnectionOptions<T>,
): Promise<ConnectionEnd> {
  const connection = new Connection(options);
  return connection.run();
}

class Connection<T extends NutBuffer> {
  private readonly options: CameraConnectionOptions<T>;
  private readonly stopping = new AbortController();
  private readonly brake: TokenBucket;
  private readonly log: LiveLog;
  private readonly pacer = new SourcePacer();
  private timer: StallTimer | undefined;
  /** Set when this program ends the connection. */
  private verdict: Pick<ConnectionEnd, 'kind' | 'reason'> | undefined;

  constructor(options: CameraConnectionOptions<T>) {
    this.options = options;
    this.brake = new TokenBucket(options.brakeFps, options.brakeFps);
    this.log = new LiveLog({
      onShapeChange: (from, to) => this.giveUp('resized', `the picture changed from ${from} to ${to}`),
      onOpened: () => this.timer?.opened(),
      onSize: (size) => (options.intake.source = size),
    });
  }

  async run(): Promise<ConnectionEnd> {
    const { clock, stallMs, signal } = this.options;
    const abort = (): void => this.stopping.abort();
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      using timer = new StallTimer(clock, stallMs, () => this.stall(timer));
      this.timer = timer;
      const ending = await this.runFfmpeg(timer);
      return { ...(this.verdict ?? ending), lastFrameMs: timer.lastFrameMs };
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  private async runFfmpeg(timer: StallTimer): Promise<Pick<ConnectionEnd, 'kind' | 'reason'>> {
    await using ffmpeg = await this.start();
    const problem = await this.read(ffmpeg, timer);
    ffmpeg.stop(); // ffmpeg may keep running without its output
    const exit = await ffmpeg.exited.catch((error: unknown) => String(error));
    const wasLive = timer.lastFrameMs !== undefined;
    const isRefused = !wasLive && this.log.isRefused;
    return { kind: isRefused ? 'refused' : 'lost', reason: this.reasonOf(exit, wasLive, problem) };
  }

  private async start(): Promise<FfmpegProcess> {
    const { name, command, intake, onLog } = this.options;
    const stdout = (await openOutputPipe()) ?? 'pipe';
    const ffmpeg = startFfmpeg({
      name,
      args: command.args,
      stdin: command.script === undefined ? 'ignore' : 'pipe',
      stdout,
      extraOutputs: 1,
      signal: this.stopping.signal,
      onLog: (level, text) => {
        this.log.line(level, text);
        onLog(level, text);
      },
    });
    if (command.script !== undefined) ffmpeg.stdin.end(command.script);
    const saturation = new SaturationReader((value) => (intake.saturation = value));
    const print = ffmpeg.extraOutput(saturationFd).setEncoding('latin1');
    print.on('data', (text: string) => saturation.push(text)).on('error', () => undefined);
    return ffmpeg;
  }

  /** Reads frames to the end; returns what was wrong with ffmpeg's output. */
  private async read(ffmpeg: FfmpegProcess, timer: StallTimer): Promise<string | undefined> {
    const { intake, onLive } = this.options;
    const { signal } = this.stopping;
    try {
      const reader = await openNut(ffmpeg.chunks, {
        acquire: (sizeBytes) => Promise.resolve(this.slotOf(sizeBytes)),
        release: (slot) => (signal.aborted ? intake.discard(slot) : intake.abandon(slot)),
        maxPacketBytes,
      });
      const { widthPx, heightPx, timeBase } = reader.video;
      const tickMs = (1000 * timeBase.num) / timeBase.den;
      intake.connected({ widthPx, heightPx });
      for await (const { buffer: slot, pts } of reader.packets()) {
        await this.holdBack(pts * tickMs);
        if (signal.aborted) {
          intake.discard(slot);
          return undefined;
        }
        if (timer.lastFrameMs === undefined) {
          this.log.forgetProblem();
          onLive();
        }
        timer.frame();
        this.say(pts * tickMs);
        intake.complete(slot);
        await this.slowDown();
      }
      return undefined;
    } catch (error) {
      return error instanceof AppError ? undefined : String(error);
    }
  }

  private say(ptsMs: number): void {
    const { durationS } = this.log;
    const { command, onPosition } = this.options;
    if (durationS !== undefined && durationS > 0) onPosition((command.startS + ptsMs / 1000) % durationS);
  }

  /** This ffmpeg scales to the first size. With one that does not, a frame's length reveals a change. */
  private slotOf(sizeBytes: number): FrameSlot<T> {
    const { intake } = this.options;
    if (!intake.fits(sizeBytes)) this.giveUp('resized', `a frame has ${sizeBytes} bytes`);
    return intake.begin(sizeBytes);
  }

  /** Shows a source that sends in bursts at its own frame rate. Motion JPEG has no timestamps of its own. */
  private async holdBack(ptsMs: number): Promise<void> {
    const { clock, command } = this.options;
    const { codec } = this.log;
    if (!command.mayBurst || codec === undefined || codec === 'mjpeg') return;
    const holdMs = this.pacer.holdMs(ptsMs, clock.nowMs());
    if (holdMs >= 1) await wait(clock, holdMs, this.stopping.signal);
  }

  /** Slows down a source without a clock of its own by reading it more slowly. */
  private async slowDown(): Promise<void> {
    const { clock, brakeFps } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted && !this.brake.take(clock.nowMs())) await wait(clock, 1000 / brakeFps, signal);
  }

  private stall(timer: StallTimer): void {
    const seconds = (timer.limitMs / 1000).toFixed(1).replace(/\.0$/, '');
    const { lastFrameMs } = timer;
    if (lastFrameMs === undefined) {
      this.giveUp('lost', because(`no picture within ${seconds} s`, this.log.lastProblem));
      return;
    }
    this.options.onStalled(lastFrameMs);
    this.giveUp('lost', `no frame for ${seconds} s`);
  }

  private giveUp(kind: ConnectionEnd['kind'], reason: string): void {
    this.verdict ??= { kind, reason };
    this.stopping.abort();
  }

  private reasonOf(exit: FfmpegExit | string, wasLive: boolean, problem: string | undefined): string {
    if (typeof exit === 'string') return exit; // ffmpeg could not be started
    if (problem !== undefined) return `the frames could not be taken (${problem})`;
    const crash = exit.code === undefined ? 'ffmpeg crashed' : undefined;
    return because(crash ?? (wasLive ? 'the source ended' : 'could not connect'), this.log.lastProblem);
  }
}

function because(what: string, why: string | undefined): string {
  return why === undefined ? what : `${what}: ${why}`;
}
