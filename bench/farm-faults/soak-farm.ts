import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadEngine } from '../../src/farm/engine/load-engine.ts';
import type { Objects } from '../../src/farm/engine/engine.ts';
import { RedisServer } from '../../test/helpers/redis-server.ts';
import { runInProcess } from '../../test/helpers/run-in-process.ts';
import { startS3, type S3Server } from '../../test/helpers/s3-server.ts';
import { FaultyWorker } from './faulty-worker.ts';

/** A film as `queue --json` shows it. */
export interface ShownFilm {
  readonly id: string;
  readonly state: 'waiting' | 'active' | 'finished' | 'failed';
  readonly output: string;
  readonly worker?: string;
  readonly failure?: string;
}

/** How long a silent worker keeps its film. */
const lockSeconds = 2;
const bucket = 'archive';

/** Redis, the storage and the workers of a soak. */
export class SoakFarm implements AsyncDisposable {
  readonly folder: string;
  readonly redis: RedisServer;
  readonly workers: readonly FaultyWorker[];
  private readonly s3: S3Server | undefined;
  private readonly objects: Objects | undefined;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    folder: string,
    parts: {
      readonly redis: RedisServer;
      readonly workers: readonly FaultyWorker[];
      readonly s3: S3Server | undefined;
      readonly objects: Objects | undefined;
    },
  ) {
    this.folder = folder;
    this.redis = parts.redis;
    this.workers = parts.workers;
    this.s3 = parts.s3;
    this.objects = parts.objects;
  }

  /** @param isS3 - whether films go to S3-compatible storage */
  static async open(folder: string, count: number, isS3: boolean): Promise<SoakFarm> {
    const redis = await RedisServer.start();
    const s3 = isS3 ? await startS3(bucket) : undefined;
    const objects = s3 && (await loadEngine()).openObjects({ endpoint: s3.endpoint, ...s3.keys });
    const storage = s3 === undefined ? {} : { s3: { endpoint: s3.endpoint, ...s3.keys } };
    await writeFile(join(folder, 'farm.yaml'), JSON.stringify({ storage }));
    await mkdir(join(folder, 'logs'));
    const workers = await Promise.all(
      Array.from({ length: count }, (_, number) =>
        FaultyWorker.open({
          number,
          redisPort: redis.port,
          s3: s3 && { port: Number(new URL(s3.endpoint).port), keys: s3.keys },
          folder: join(folder, 'logs'),
          lockSeconds,
        }),
      ),
    );
    return new SoakFarm(folder, { redis, workers, s3, objects });
  }

  /** The folder for results, as `submit` takes it. */
  get out(): string {
    return this.s3 === undefined ? join(this.folder, 'out') : `s3://${bucket}/out`;
  }

  /** Does things one after the other that need Redis, or that take it away. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** Runs a command of the program in this process. @throws when its exit code is another than 0 */
  async command(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runInProcess(args);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Runs a command of the farm. */
  farmCommand(...args: readonly string[]): Promise<string> {
    return this.command(...args, '--redis', this.redis.url, '--config', join(this.folder, 'farm.yaml'));
  }

  /** The films on the queue. */
  async list(): Promise<ShownFilm[]> {
    const text = await this.alone(() => this.farmCommand('queue', '--json'));
    return (JSON.parse(text) as { films: ShownFilm[] }).films;
  }

  /** The names of everything in the folder for results. */
  async stored(): Promise<string[]> {
    if (this.objects !== undefined)
      return (await this.objects.list(bucket, 'out/')).map(({ key }) => key.slice('out/'.length)).sort();
    const entries = await readdir(this.out, { recursive: true }).catch(() => []);
    return entries.sort();
  }

  /** Unfinished work on films in S3 in the caches of the workers, after each was started once more. */
  async leftInCaches(): Promise<string[]> {
    if (this.s3 === undefined) return [];
    for (const worker of this.workers) worker.start();
    const endMs = performance.now() + 60_000;
    while ((await this.cachedWork()).length > 0 && performance.now() < endMs) await delay(500);
    for (const worker of this.workers) await worker.end('SIGTERM');
    return this.cachedWork();
  }

  private async cachedWork(): Promise<string[]> {
    const entries = await readdir(join(this.folder, 'logs'), { recursive: true });
    return entries.filter((name) => /\/work\/[^/]+\/[^/]+$/.test(name));
  }

  /** A result as a file of this machine. */
  async fetch(name: string): Promise<string> {
    if (this.objects === undefined) return join(this.out, name);
    const path = join(this.folder, `fetched-${name}`);
    await this.objects.download({ bucket, key: `out/${name}` }, path);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.workers) await worker[Symbol.asyncDispose]();
    await this.objects?.[Symbol.asyncDispose]();
    await this.s3?.[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }
}
