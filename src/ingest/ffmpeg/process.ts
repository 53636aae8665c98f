import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { Readable, type Writable } from 'node:stream';
import { AppError } from '../../errors.ts';
import { ffmpegPath } from './binaries.ts';
import { childEnvironment } from './child-environment.ts';
import { logLines } from './log-lines.ts';
import type { OutputPipe } from './output-pipe.ts';
import type { ByteSource } from '../nut/byte-reader.ts';

/** How the process is ended: a reader may be cut off, an encoder gets time to finish its file. */
export type FfmpegRole = 'reader' | 'encoder';

export interface FfmpegOptions {
  /** Its name in messages: `decoder of reel.mkv`. */
  readonly name: string;
  readonly args: readonly string[];
  readonly stdin?: 'pipe' | 'ignore';
  readonly stdout?: 'pipe' | 'ignore' | OutputPipe;
  /** Outputs besides standard output: ffmpeg knows them as `pipe:3`, `pipe:4` and so on. Each must be read. */
  readonly extraOutputs?: number;
  readonly role?: FfmpegRole;
  readonly signal: AbortSignal;
  /** Called with each line of its log: level (`error`, `warning` ...) and text. */
  readonly onLog?: (level: string, text: string) => void;
}

export interface FfmpegExit {
  /** undefined when a signal ended it */
  readonly code: number | undefined;
}

const tailBytes = 4096;
const graceMs: Record<FfmpegRole, number> = { reader: 2000, encoder: 30_000 };
/** The second SIGTERM wakes a reader that waits for its source, so that it can log off from the camera. */
const secondTermMs = 300;

/**
 * Starts one ffmpeg process and owns it. The process is gone when disposal resolves, when the signal aborts, and (on
 * Linux, by `setpriv --pdeathsig`) when this program is killed. It runs in its own process group, so that Ctrl-C
 * reaches only this program.
 */
export function startFfmpeg(options: FfmpegOptions): FfmpegProcess {
  return new FfmpegProcess(options);
}

export class FfmpegProcess implements AsyncDisposable {
  /** Resolves when the process has ended and its pipes are closed; rejects when it could not be started. */
  readonly exited: Promise<FfmpegExit>;
  private readonly child: ChildProcess;
  private readonly output: OutputPipe | undefined;
  private readonly role: FfmpegRole;
  private tail = '';
  private isGone = false;
  private killTimer: NodeJS.Timeout | undefined;
  private termTimer: NodeJS.Timeout | undefined;

  constructor(options: FfmpegOptions) {
    this.role = options.role ?? 'reader';
    const [command, args] = guarded(ffmpegPath(), [
      ...['-hide_banner', '-nostdin', '-loglevel', 'repeat+level+warning'],
      ...options.args,
    ]);
    const { stdout = 'ignore' } = options;
    this.output = typeof stdout === 'string' ? undefined : stdout;
    this.child = spawn(command, args, {
      stdio: [
        ...[
          options.stdin ?? 'ignore',
          typeof stdout === 'string' ? stdout : stdout.childEnd,
          'pipe' as const,
        ],
        ...Array.from({ length: options.extraOutputs ?? 0 }, () => 'pipe' as const),
      ],
      detached: process.platform !== 'win32',
      env: childEnvironment(),
    });
    this.output?.childEnd.destroy();
    this.readLog(options.onLog);
    this.child.stdin?.on('error', () => undefined); // EPIPE: the exit says why
    const stop = (): void => this.stop();
    this.exited = new Promise((resolve, reject) => {
      this.child.once('error', (error: NodeJS.ErrnoException) => {
        this.isGone = true;
        reject(startFailure(ffmpegPath(), options.name, error));
      });
      this.child.once('close', (code) => {
        this.isGone = true;
        clearTimeout(this.killTimer);
        clearTimeout(this.termTimer);
        options.signal.removeEventListener('abort', stop);
        // setpriv itself always starts; if it could not start ffmpeg, only its exit code and text say so.
        const isMissing = code === 127 && /^setpriv: failed to execute/m.test(this.tail);
        if (isMissing) reject(startFailure(ffmpegPath(), options.name, new Error(this.tail.trim())));
        else resolve({ code: code ?? undefined });
      });
    });
    this.exited.catch(() => undefined); // whoever awaits it gets the error
    if (options.signal.aborted) stop();
    else options.signal.addEventListener('abort', stop, { once: true });
  }

  /** Its standard input; only if the caller asked for it. */
  get stdin(): Writable {
    if (!this.child.stdin) throw new TypeError('this ffmpeg was started without a standard input');
    return this.child.stdin;
  }

  /** What it writes to its standard output, which can be read once; only if the caller asked for it. */
  get chunks(): ByteSource {
    return this.output?.chunks ?? this.stdout;
  }

  /** Its standard output; only if the caller asked for a `pipe`. */
  get stdout(): Readable {
    if (!this.child.stdout) throw new TypeError('this ffmpeg was started without a standard output');
    return this.child.stdout;
  }

  /** What it writes to `pipe:FD`; only for as many pipes as the caller asked for. */
  extraOutput(fd: number): Readable {
    const pipe = this.child.stdio[fd];
    if (fd < 3 || !(pipe instanceof Readable))
      throw new TypeError(`this ffmpeg was started without a pipe:${fd}`);
    return pipe;
  }

  /** The last 4 KiB of its log. */
  get stderrTail(): string {
    return this.tail;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Sends SIGTERM now (twice to a reader), and SIGKILL if it still runs after the grace period. */
  stop(): void {
    if (this.isGone || this.killTimer) return;
    this.child.kill('SIGTERM');
    if (this.role === 'reader') this.termTimer = setTimeout(() => this.child.kill('SIGTERM'), secondTermMs);
    this.killTimer = setTimeout(() => this.child.kill('SIGKILL'), graceMs[this.role]);
    // Unread output must not keep it from ending.
    for (const pipe of this.child.stdio)
      if (pipe instanceof Readable && pipe !== this.child.stderr) pipe.resume();
    this.output?.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.exited.catch(() => undefined);
  }

  private readLog(onLog: FfmpegOptions['onLog']): void {
    const addToLog = onLog ? logLines(onLog) : undefined;
    this.child.stderr?.setEncoding('utf8');
    this.child.stderr?.on('data', (text: string) => {
      this.tail = (this.tail + text).slice(-tailBytes);
      addToLog?.(text);
    });
  }
}

/** Runs an ffmpeg without pipes to its end. */
export async function runFfmpeg(
  options: Omit<FfmpegOptions, 'stdin' | 'stdout'>,
): Promise<{ code: number | undefined; stderrTail: string }> {
  await using ffmpeg = startFfmpeg(options);
  const { code } = await ffmpeg.exited;
  options.signal.throwIfAborted();
  return { code, stderrTail: ffmpeg.stderrTail };
}

let hasSetpriv: boolean | undefined;

/** Wraps a command so that the kernel kills it when this process dies, on systems that can do this. */
export function guarded(command: string, args: readonly string[]): [string, string[]] {
  hasSetpriv ??=
    process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;
  return hasSetpriv ? ['setpriv', ['--pdeathsig', 'KILL', '--', command, ...args]] : [command, [...args]];
}

function startFailure(command: string, name: string, error: Error): AppError {
  return new AppError('FFMPEG_MISSING', `${name}: could not start "${command}" (${error.message})`, {
    cure: 'install ffmpeg 5.1 or newer (Debian: apt-get install ffmpeg), or set FFMPEG_PATH to its path',
    cause: error,
  });
}
