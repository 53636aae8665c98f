import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AppError, type ErrorCode } from '../../errors.ts';
import { childEnvironment } from '../../ingest/ffmpeg/child-environment.ts';
import { guarded } from '../../ingest/ffmpeg/process.ts';
import type { PartsPlan } from '../../stream/film/parts/parts-plan.ts';
import type { ReelOptions } from '../jobs/reel-job.ts';
import type { ChildResult, FromChild, ReelRequest, ToChild } from './child-messages.ts';

/** The last characters of the child's log that a failed job keeps. */
const tailLength = 4096;
/** How long a child may take to end its film, ms. */
const graceMs = 30_000;
const program = fileURLToPath(new URL('./reel-child.js', import.meta.url));

/** The child failed: by itself, or because it crashed. */
export class ReelFailure extends Error {
  override readonly name = 'ReelFailure';
  /** Absent: it crashed, or there is a bug. */
  readonly code: ErrorCode | undefined;
  readonly cure: string | undefined;
  readonly log: string;

  constructor(message: string, { code, cure, log }: Pick<ReelFailure, 'code' | 'cure' | 'log'>) {
    super(message);
    this.code = code;
    this.cure = cure;
    this.log = log;
  }
}

/** One film for the child, and who listens. */
export interface ReelRun {
  readonly request: Omit<ReelRequest, 'type'>;
  /** Stops the film; what is finished of it stays. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Extract<FromChild, { type: 'progress' }>) => void;
}

/**
 * A child process that colours films, one after the other. It is started when it is needed, and again after a crash.
 * The kernel ends it when this process is killed (Linux).
 */
export class ReelProcess implements AsyncDisposable {
  private child: ChildProcess | undefined;
  private log = '';

  /** Opens the network, so that the first film need not wait. @returns the device that it runs on */
  async open(options: ReelOptions, signal: AbortSignal): Promise<string> {
    const answer = await this.ask({ type: 'open', options }, { signal, onProgress: () => undefined });
    if (answer.type === 'opened') return answer.device;
    throw this.failure(answer);
  }

  /**
   * Colours one film or one part of it, or joins its parts.
   * @throws {ReelFailure}
   */
  async run({ request, signal, onProgress }: ReelRun): Promise<ChildResult> {
    const answer = await this.ask({ type: 'run', ...request }, { signal, onProgress });
    if (answer.type === 'done') return answer.result;
    throw this.failure(answer);
  }

  /**
   * Plans the parts of a film.
   * @throws {ReelFailure}
   */
  async plan({ request, signal, onProgress }: ReelRun): Promise<PartsPlan> {
    const answer = await this.ask({ type: 'run', ...request }, { signal, onProgress });
    if (answer.type === 'planned') return answer.plan;
    throw this.failure(answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  private failure(answer: FromChild): ReelFailure {
    const known = answer.type === 'failed' ? answer : undefined;
    return new ReelFailure(known?.message ?? 'the child process gave no answer', {
      code: known?.code,
      cure: known?.cure,
      log: this.log,
    });
  }

  /** Sends a request and waits for the answer, or for the child's end. A child that does not stop in time is killed. */
  private async ask(request: ToChild, { signal, onProgress }: Omit<ReelRun, 'request'>): Promise<FromChild> {
    signal.throwIfAborted();
    this.child ??= this.start();
    const { child } = this;
    let killTimer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      if (child.connected) child.send({ type: 'stop' } satisfies ToChild);
      killTimer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    };
    signal.addEventListener('abort', stop, { once: true });
    this.log = '';
    try {
      return await new Promise<FromChild>((resolve) => {
        const onMessage = (message: FromChild): void => {
          if (message.type === 'progress') {
            onProgress(message);
            return;
          }
          child.off('message', onMessage);
          child.off('exit', onExit);
          resolve(message);
        };
        const onExit = (code: number | null, name: NodeJS.Signals | null): void => {
          child.off('message', onMessage);
          resolve(crash(code, name));
        };
        child.on('message', onMessage);
        child.once('exit', onExit);
        child.send(request);
      });
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(killTimer);
    }
  }

  private start(): ChildProcess {
    const [command, args] = guarded(process.execPath, [...process.execArgv, program]);
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: reelEnvironment(),
      detached: process.platform !== 'win32', // Ctrl-C reaches only the worker, which then asks it to stop
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log = (this.log + text).slice(-tailLength);
    });
    child.on('error', (error) => (this.log += `${error.message}\n`));
    child.once('exit', () => {
      if (this.child === child) this.child = undefined;
    });
    return child;
  }
}

function crash(code: number | null, name: NodeJS.Signals | null): FromChild {
  return {
    type: 'failed',
    code: undefined,
    message: `the child process that colours the film ended (${name ?? `exit code ${code ?? '?'}`})`,
    cure: undefined,
  };
}

/** Settings of this program and of what it runs. The credentials of Redis and S3 are not among them. */
const own =
  /^(?:FFMPEG_PATH|FFPROBE_PATH|CHROMAFEED_HOME|XDG_DATA_HOME|NODE_OPTIONS|NODE_ENV|UV_THREADPOOL_SIZE|(?:ORT|MALLOC|OMP|OPENBLAS|MKL|TF|CUDA|NVIDIA)_[A-Z_]+)$/;

/** The environment of the child; a new object. */
export function reelEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const allowed = Object.fromEntries(Object.entries(env).filter(([name]) => own.test(name)));
  return { ...childEnvironment(env), ...allowed };
}

/** The error of a stopped film. */
export function isStop(error: unknown): boolean {
  return (error instanceof ReelFailure || error instanceof AppError) && error.code === 'INTERRUPTED';
}
