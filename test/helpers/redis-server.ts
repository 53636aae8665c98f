import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guarded } from '../../src/ingest/ffmpeg/process.ts';
import { until } from './until.ts';

/** The server of the tests; `REDIS_SERVER_PATH` names another one, such as that of Valkey. */
const serverPath = process.env['REDIS_SERVER_PATH'] ?? 'redis-server';

/** Why tests of the farm are skipped here; undefined if they can run. */
export const missingRedis =
  spawnSync(serverPath, ['--version']).status === 0
    ? undefined
    : `${serverPath} is missing (Debian: apt-get install redis-server)`;

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A Redis server of its own for a test, on a port of its own, with its data in a folder of its own. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  private readonly folder: string;
  private readonly options: readonly string[];
  private child: ChildProcess | undefined;

  private constructor(port: number, folder: string, options: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.options = options;
  }

  /** @param options - of redis-server, such as `--requirepass x` */
  static async start(...options: readonly string[]): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'chromafeed-redis-'));
    const server = new RedisServer(await freePort(), folder, options);
    await server.run();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again after `kill`, with the data that it had written. */
  async run(): Promise<void> {
    const [command, args] = guarded(serverPath, [
      ...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder],
      ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', ...this.options],
    ]);
    this.child = spawn(command, args, { stdio: 'ignore' });
    await until(() => this.answers(), 'the Redis server answers');
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    this.child = undefined;
  }

  /** Deletes what it has written. */
  async loseData(): Promise<void> {
    await rm(join(this.folder, 'appendonlydir'), { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  private answers(): boolean {
    const { stdout } = spawnSync('redis-cli', ['-p', String(this.port), 'ping'], { encoding: 'utf8' });
    return /PONG|NOAUTH/.test(stdout);
  }
}
