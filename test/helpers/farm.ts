/** A farm of real processes for a test: a Redis server, films, workers. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram, startProgramWith, type StartedProgram } from './program.ts';
import type { ProgramEnd } from './run-in-process.ts';
import { RedisServer } from './redis-server.ts';
import { probeCsv, runFfmpeg } from './run-ffmpeg.ts';

/** How films are coloured in these tests: fast, and the same in each run. */
export const filmOptions: readonly string[] = [
  ...['--size', '64', '--segment-frames', '8', '--codec', 'ffv1', '--device', 'cpu', '--recolor'],
];

const samples = fileURLToPath(new URL('../../../samples/', import.meta.url));

/** The films of one film as the queue shows it. */
export interface ShownFilm {
  readonly id: string;
  readonly state: string;
  readonly output: string;
  readonly frames: number;
  readonly attempts: number;
  readonly totalFrames?: number;
  readonly failure?: string;
  readonly parts?: { readonly finished: number; readonly total: number };
}

/** A Redis server, a folder for films and one for results. Disposal ends the workers. */
export class Farm implements AsyncDisposable {
  readonly redis: RedisServer;
  readonly folder: string;
  readonly films: string;
  /** Name of the folder for results. */
  outName = 'out';
  private readonly workers: StartedProgram[] = [];

  private constructor(redis: RedisServer, folder: string) {
    this.redis = redis;
    this.folder = folder;
    this.films = join(folder, 'films');
  }

  /** @param storage - lines of YAML for `storage:` */
  static async open(storage = ''): Promise<Farm> {
    const folder = await mkdtemp(join(tmpdir(), 'chromafeed-farm-'));
    const farm = new Farm(await RedisServer.start(), folder);
    await mkdir(farm.films);
    await writeFile(farm.config, `worker: { lockSeconds: 1 }\nstorage:\n  cache: cache\n${storage}`);
    return farm;
  }

  /** The folder for results. */
  get out(): string {
    return join(this.folder, this.outName);
  }

  get config(): string {
    return join(this.folder, 'farm.yaml');
  }

  /** Makes a film. @param seconds - of 12 frames each; its picture differs by its name */
  async makeFilm(name: string, seconds: number): Promise<string> {
    const path = join(this.films, name);
    const start = Buffer.from(name).reduce((sum, byte) => sum + byte, 0);
    const source = `mandelbrot=size=64x48:rate=12:start_scale=${start / 100},format=gray,trim=duration=${seconds}`;
    await runFfmpeg(['-f', 'lavfi', '-i', source, '-c:v', 'ffv1', path]);
    return path;
  }

  /** Makes a film of three shots of 34 frames each, with sound. */
  async makeFilmWithCuts(name: string): Promise<string> {
    const path = join(this.films, name);
    const shot = (input: number, fromS: number, filter: string, i: number): string =>
      `[${input}:v]trim=start=${fromS},setpts=PTS-STARTPTS,fps=12,trim=end_frame=34,${filter}scale=64:48,setsar=1,format=gray[s${i}]`;
    const shots = [
      shot(0, 0, '', 0),
      shot(1, 1, 'hflip,crop=iw/2:ih/2:0:0,', 1),
      shot(0, 3, 'vflip,crop=iw/2:ih/2,', 2),
    ];
    await runFfmpeg([
      ...['-i', join(samples, 'his_girl_friday.mp4'), '-i', join(samples, 'entrance.mp4')],
      ...['-f', 'lavfi', '-i', 'sine=frequency=440:duration=8.5'],
      ...['-filter_complex', `${shots.join(';')};[s0][s1][s2]concat=n=3[v]`, '-map', '[v]', '-map', '2:a'],
      ...['-c:v', 'ffv1', '-c:a', 'ac3', path],
    ]);
    return path;
  }

  /** Runs `submit` to its end. */
  submit(...args: readonly string[]): Promise<ProgramEnd> {
    return this.run('submit', ...args);
  }

  /** Runs a command of the farm to its end. */
  run(command: string, ...args: readonly string[]): Promise<ProgramEnd> {
    return runProgram(command, ...args, '--redis', this.redis.url, '--config', this.config);
  }

  /** Starts a worker in a process of its own; it ends with the farm at the latest. */
  work(...args: readonly string[]): StartedProgram {
    const worker = startProgramWith(
      { CHROMAFEED_REDIS: this.redis.url, MALLOC_ARENA_MAX: '2' },
      ...['worker', '--device', 'cpu', '--config', this.config, ...args],
    );
    this.workers.push(worker);
    return worker;
  }

  /** Runs one worker until the queue is empty. */
  workUntilEmpty(): Promise<ProgramEnd> {
    return this.work('--until-empty').end;
  }

  /** The films on the queue. */
  async list(): Promise<ShownFilm[]> {
    const { stdout } = await this.run('queue', '--json');
    return (JSON.parse(stdout) as { films: ShownFilm[] }).films;
  }

  /** Segments that are finished of a film that is being made. @param work - the folder of unfinished work */
  async segments(work = join(this.out, '.chromafeed')): Promise<number> {
    const names = await readdir(work, { recursive: true }).catch(() => []);
    const journals = names.filter((name) => name.endsWith('journal.jsonl'));
    const texts = await Promise.all(
      journals.map((name) => readFile(join(work, name), 'utf8').catch(() => '')),
    );
    return texts.join('').split('"type":"segment"').length - 1;
  }

  /** Names of the folders of unfinished work; each attempt at a film has another one. */
  async attempts(): Promise<string[]> {
    return readdir(join(this.out, '.chromafeed')).catch(() => []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.workers) child.kill('SIGKILL');
    await Promise.all(this.workers.map(({ end }) => end));
    await this.redis[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Every packet of every stream of a film: time, length, flags and MD5. */
export function packets(path: string): Promise<string[]> {
  const entries = 'packet=stream_index,pts,dts,duration,size,flags,data_hash';
  return probeCsv(path, '-show_entries', entries, '-show_data_hash', 'md5');
}
