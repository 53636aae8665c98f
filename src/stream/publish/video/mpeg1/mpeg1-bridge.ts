import VideoStream from 'node-rtsp-stream';
import { logLines, type LogListener } from '../../../../ingest/ffmpeg/log-lines.ts';

export interface BridgeOptions {
  /** For messages: the camera's id. */
  readonly name: string;
  /** The URL from which ffmpeg reads NUT. */
  readonly url: string;
  /** A program that takes ffmpeg's arguments. */
  readonly command: string;
  /** Receives pieces of MPEG-TS, cut anywhere. */
  readonly onData: (data: Uint8Array) => void;
  readonly onLog: LogListener;
}

export interface BridgeEnd {
  readonly reason: string;
  /** Whether the system refuses to run the command. */
  readonly isForbidden: boolean;
}

/** `vfr`: no picture waits for the next one or is sent twice. The rate is that of the input (`GraySender`). */
const outputOptions = {
  '-fps_mode': 'vfr',
  '-q:v': 5,
  '-bf': 0,
  '-threads': 1,
  '-muxdelay': 0,
  '-muxpreload': 0,
  '-flush_packets': 1,
  '-hide_banner': '',
  '-nostdin': '',
  '-loglevel': 'repeat+level+warning',
} as const;

const graceMs = 2000;

/**
 * `node-rtsp-stream` with its defects removed. As shipped it opens a WebSocket server without authentication on all
 * interfaces, writes ffmpeg's log (with URLs) to our standard error, and crashes the program if ffmpeg is missing.
 */
export class Mpeg1Bridge extends VideoStream implements AsyncDisposable {
  /** Resolves when ffmpeg has ended or could not be started. */
  readonly ended: Promise<BridgeEnd>;
  private isGone = false;

  /** @throws {Error} if the system refuses to start a process */
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

  /** The package's own method opens a port. */
  override pipeStreamToSocketServer(): this {
    return this;
  }

  /** Ignores what ffmpeg logs about the interrupted input. */
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
