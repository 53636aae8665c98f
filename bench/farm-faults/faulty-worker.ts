import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guarded } from '../../src/ingest/ffmpeg/process.ts';
import { childrenOf } from '../../test/helpers/processes.ts';
import { NetSpace } from './net-space.ts';
import { SlowProxy } from './slow-proxy.ts';

const program = fileURLToPath(new URL('../../src/main.js', import.meta.url));
/** How soon a worker that ended by itself is started again, ms. */
const restartMs = 500;

/** What a worker of the bench works with. */
export interface FaultyWorkerOptions {
  readonly number: number;
  readonly redisPort: number;
  /** An S3-compatible server of this machine; undefined: films go to a folder. */
  readonly s3: { readonly port: number; readonly keys: object } | undefined;
  /** For its config, its cache and its log. */
  readonly folder: string;
  readonly lockSeconds: number;
}

/** A worker that a bench kills, stops, cuts off and slows. It is started again after its end, as systemd would. */
export class FaultyWorker implements AsyncDisposable {
  /** Whether a fault is at work on it. */
  isTroubled = false;
  /** Exit codes with which it ended by itself. */
  readonly ownEnds: (number | null)[] = [];
  private readonly options: FaultyWorkerOptions;
  private readonly space: NetSpace | undefined;
  private readonly redis: SlowProxy;
  private readonly s3: SlowProxy | undefined;
  private child: ChildProcess | undefined;
  private restart: NodeJS.Timeout | undefined;

  private constructor(
    options: FaultyWorkerOptions,
    { space, redis, s3 }: { space: NetSpace | undefined; redis: SlowProxy; s3: SlowProxy | undefined },
  ) {
    this.options = options;
    this.space = space;
    this.redis = redis;
    this.s3 = s3;
  }

  static async open(options: FaultyWorkerOptions): Promise<FaultyWorker> {
    const space = NetSpace.open(options.number);
    const host = space?.host ?? '127.0.0.1';
    const redis = await SlowProxy.start(host, options.redisPort);
    const s3 = options.s3 && (await SlowProxy.start(host, options.s3.port));
    const worker = new FaultyWorker(options, { space, redis, s3 });
    const { folder, number, lockSeconds } = options;
    const keys = options.s3?.keys ?? {};
    const storage = {
      cache: join(folder, `cache-${number}`),
      ...(s3 && { s3: { endpoint: `http://${host}:${s3.port}`, ...keys } }),
    };
    await writeFile(worker.config, JSON.stringify({ worker: { lockSeconds }, storage }));
    worker.start();
    return worker;
  }

  /** Whether it has its own network, whose cable can be pulled out. */
  get hasNetwork(): boolean {
    return this.space !== undefined;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  start(): void {
    const { folder, number } = this.options;
    const args = [program, 'worker', '--device', 'cpu', '--config', this.config];
    const [command, all] = this.space?.command(process.execPath, args) ?? [process.execPath, args];
    const host = this.space?.host ?? '127.0.0.1';
    const env = {
      ...process.env,
      CHROMAFEED_REDIS: `redis://${host}:${this.redis.port}`,
      MALLOC_ARENA_MAX: '2',
    };
    const child = spawn(...guarded(command, all), { stdio: ['ignore', 'ignore', 'pipe'], env });
    child.stderr.pipe(createWriteStream(join(folder, `worker-${number}.log`), { flags: 'a' }));
    child.once('exit', (code) => {
      if (this.child !== child) return;
      this.ownEnds.push(code);
      this.restart = setTimeout(() => this.start(), restartMs);
    });
    this.child = child;
  }

  /** Ends it; it stays away until `start`. @returns its exit code */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    clearTimeout(this.restart);
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    return child.exitCode;
  }

  /** Stops the process, or lets it go on. @param withChildren - those that colour, too */
  signal(name: 'SIGSTOP' | 'SIGCONT', withChildren: boolean): void {
    for (const pid of [this.pid, ...(withChildren ? childrenOf(this.pid) : [])]) trySignal(pid, name);
  }

  /** Kills the process that colours. */
  killChildren(): void {
    for (const pid of childrenOf(this.pid)) trySignal(pid, 'SIGKILL');
  }

  /** Cuts it off from Redis and S3. @returns what connects it again */
  cutOff(): () => void {
    if (this.space !== undefined) {
      this.space.cut();
      return () => this.space?.mend();
    }
    const releases = [this.redis.hold(), this.s3?.hold()];
    return () => releases.forEach((release) => release?.());
  }

  /** @param delayMs - of each piece of data to and from Redis and S3; 0: not slow */
  slow(delayMs: number): void {
    this.redis.delayMs = delayMs;
    if (this.s3 !== undefined) this.s3.delayMs = delayMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
    await this.redis[Symbol.asyncDispose]();
    await this.s3?.[Symbol.asyncDispose]();
    this.space?.[Symbol.dispose]();
  }

  private get config(): string {
    return join(this.options.folder, `worker-${this.options.number}.yaml`);
  }
}

function trySignal(pid: number, name: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(pid, name);
  } catch {
    // it has ended in the meantime
  }
}
