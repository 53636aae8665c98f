import VideoStream from 'node-rtsp-stream';
import { logLines, type LogListener } from '../../../../ingest/ffmpeg/log-lines.ts';

export interface BridgeOptions {
  /** For messages: the camera's id. */
  readonly name: string;
  /** Where ffmpeg reads NUT from. */
  readonly url: string;
  /** A program that takes ffmpeg's arguments. */
  readonly command: string;
  /** Pieces of MPEG-TS, cut anywhere. */
  readonly onData: (data: Uint8Array) => void;
  readonly onLog: LogListener;
}

export interface BridgeEnd {
  readonly reason: string;
  /** The system does not let the command be run. */
  readonly isForbidden: boolean;
}

/** `vfr`: no picture waits for the next one or is sent twice; the rate is the input's (`GraySender`). */
const outputOptions = {
  ...{ '-fps_mode': 'vfr', '-q:v': 5, '-bf': 0, '-threads': 1 },
  ...{ '-muxdelay': 0, '-muxpreload': 0, '-flush_packets': 1 },
  ...{ '-hide_banner': '', '-nostdin': '', '-loglevel': 'repeat+level+warning' },
} as const;

const graceMs = 2000;

/**
 * `node-rtsp-stream` without what is wrong with it. As shipped it opens a WebSocket server on all interfaces that asks
 * nobody who he is, writes ffmpeg's log (with URLs) to our standard error, and lets a missing ffmpeg end the program.
 */
export class Mpeg1Bridge extends VideoStream implements AsyncDisposable {
  /** Resolves when ffmpeg has ended or could not be started. */
  readonly ended: Promise<BridgeEnd>;
  private isGone = false;

  /** @throws {Error} when the system refuses to start a process */
  constructor({ name, url, command, onData, onLog }: BridgeOptions) {
    super({ name, streamUrl: url, ffmpegPath: command, ffmpegOptions: outputOptions });
    this.mpeg1Muxer.removeAllListeners('ffmpegStderr'); // wrote to process.stderr
    this.stream.removeAllListeners('exit'); // wrote to the console
    const addToLog = logLines(onLog);
    this.mpeg1Muxer.on('ffmpegStderr', (data: Buffer) => addToLog(data.toString()));
    this.on('camdata', onData);
    this.stream.stdin.on('error', () => undefined); // nothing is written to it
    this.ended = new Promise((resolve) => {
      this.stream.once('error', (error: NodeJS.ErrnoException) => {
        this.isGone = true;
        resolve({ reason: `could not be started (${error.message})`, isForbidden: error.code === 'EACCES' });
      });
      this.stream.once('close', (code, signal) => {
        this.isGone = true;
        resolve({ reason: `ended with ${signal ?? `exit code ${code}`}`, isForbidden: false });
      });
    });
  }

  /** The package's own opens a port. */
  override pipeStreamToSocketServer(): this {
    return this;
  }

  /** What ffmpeg says of its interrupted input is of no use. */
  override stop(): this {
    this.mpeg1Muxer.removeAllListeners('ffmpegStderr');
    if (!this.isGone) this.stream.kill('SIGTERM');
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    const timer = setTimeout(() => this.stream.kill('SIGKILL'), graceMs);
    await this.ended;
    clearTimeout(timer);
  }
}
