/**
 * The queue of films and the object storage, as the program uses them. `@chromafeed/farm` implements them with BullMQ
 * and the AWS SDK; the program itself imports neither.
 */

import type { LeaseStore, LeaseStoreSettings } from '../../stream/serve/cluster/lease-store.ts';

/** What a worker's machine can do. Each capability has a queue of its own. */
export type Capability = 'cpu' | 'gpu';

/** How to reach Redis or Valkey. */
export interface RedisSettings {
  readonly host: string;
  readonly port: number;
  /** Number of the database, from 0. */
  readonly db: number;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Present: connect with TLS; `ca` is a certificate authority in PEM, in place of the system's. */
  readonly tls?: { readonly ca?: string | undefined } | undefined;
}

/** How to open the queue. */
export interface EngineSettings {
  readonly redis: RedisSettings;
  /** Gets the errors of a connection that was lost; the engine connects again by itself. */
  readonly onError: (error: Error) => void;
}

/** What can be wrong with Redis or with the object storage. */
export type EngineErrorKind =
  | 'unreachable'
  | 'password'
  | 'forbidden'
  | 'tls'
  | 'version'
  | 'eviction'
  | 'no bucket'
  | 'no object'
  | 'exists'
  | 'changed'
  | 'name';

/** A job that is to be added. */
export interface NewJob {
  /** Identifies everything that the result depends on; not only digits, no colon. */
  readonly id: string;
  /** For JSON. */
  readonly data: unknown;
  /** Identifies the output: of unfinished jobs with the same output, only the first is added. */
  readonly output: string;
  readonly attempts: number;
  /** Pause before the second attempt, ms; it doubles with each one. */
  readonly backoffMs: number;
  /** 1 and up: lower numbers come first. */
  readonly priority: number;
}

/** What became of a job that was to be added. */
export interface AddedJob {
  readonly id: string;
  /** Whether this call has added it. */
  readonly isNew: boolean;
  /** Id of the unfinished job that makes the same output with other settings; undefined: there is none. */
  readonly holder: string | undefined;
}

/** A part of a job, which is a job itself. */
export interface NewPart {
  /** As that of a job. */
  readonly id: string;
  /** For JSON. */
  readonly data: unknown;
}

/** How far a job is. */
export interface JobProgress {
  readonly frames: number;
  /** undefined when the film does not state its length */
  readonly totalFrames?: number | undefined;
  readonly fps: number;
  /** The parts of a job that were added as jobs of their own; absent: it is made in one piece. */
  readonly parts?: PartsProgress | undefined;
}

/** The parts of a job. */
export interface PartsProgress {
  /** The number of all parts. */
  readonly total: number;
  /** The parts that were not finished when they were added. `frames` of the progress counts those of the others. */
  readonly open: readonly { readonly id: string; readonly frames: number }[];
}

/** A job as the queue knows it. */
export interface JobView {
  readonly id: string;
  readonly queue: Capability;
  /** Id of the job that it is a part of; undefined: it is a job of its own. */
  readonly parent: string | undefined;
  /** `waiting` includes jobs that wait for another attempt or for their parts; `failed`: parked until somebody retries it. */
  readonly state: 'waiting' | 'active' | 'finished' | 'failed';
  readonly data: unknown;
  readonly progress: JobProgress | undefined;
  /** Attempts that failed. */
  readonly attempts: number;
  readonly mostAttempts: number;
  /** How often its worker was lost. */
  readonly stalls: number;
  readonly priority: number;
  /** Name of the worker that has it, or had it. */
  readonly worker: string | undefined;
  readonly failure: string | undefined;
  readonly result: unknown;
  /** Times since 1970, ms. */
  readonly addedMs: number;
  readonly startedMs: number | undefined;
  readonly finishedMs: number | undefined;
}

/** How many jobs are in each state. */
export type JobCounts = Readonly<Record<JobView['state'], number>>;

/** A worker that is connected. */
export interface WorkerView {
  readonly name: string;
  readonly queues: readonly Capability[];
}

/** The queue of films. Disposal closes the connections. */
export interface FarmEngine extends AsyncDisposable {
  /** Adds jobs to the queue of a capability; those that are there already stay as they are. */
  add(capability: Capability, jobs: readonly NewJob[]): Promise<AddedJob[]>;
  /** Jobs by id; those that the queue does not know are absent. */
  find(ids: readonly string[]): Promise<Map<string, JobView>>;
  /** Jobs in these states, in the order of the states; of the finished ones the newest first. @param most - of each state and queue; default: all */
  list(states: readonly JobView['state'][], most?: number): Promise<JobView[]>;
  counts(queues?: readonly Capability[]): Promise<JobCounts>;
  /** No worker takes a job until `resume`; active ones run to their end. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  isPaused(): Promise<boolean>;
  /** Lets a parked job run again. */
  retry(id: string): Promise<void>;
  /**
   * Removes a job and its parts; if some of them are active, their workers are told to stop.
   * @returns whether it is gone, so that no worker deletes its work
   */
  cancel(id: string): Promise<boolean>;
  /** Removes a job that is not active, and the mark that it was cancelled. */
  forget(id: string): Promise<void>;
  /** Also sets that of its parts. */
  setPriority(id: string, priority: number): Promise<void>;
  /** The last log lines that workers wrote for a job. */
  logs(id: string): Promise<string[]>;
  workers(): Promise<WorkerView[]>;
  /** Starts to take jobs. */
  work(options: WorkOptions): FarmWorker;
}

/** How a worker works. */
export interface WorkOptions {
  /** Its name in lists. */
  readonly name: string;
  readonly queues: readonly Capability[];
  /** Jobs at the same time. */
  readonly concurrency: number;
  /** How long a job stays with a worker that no longer answers, ms. */
  readonly lockMs: number;
  /** How often a job may lose its worker before it is parked. */
  readonly maxStalls: number;
  readonly run: (turn: JobTurn) => Promise<JobOutcome>;
  /** Gets faults of the connection, and of jobs that another worker has taken over. */
  readonly onError: (error: Error) => void;
}

/** One attempt at a job. Its lock is renewed until `run` resolves. */
export interface JobTurn {
  readonly id: string;
  readonly data: unknown;
  /** From 1; counts every start of the job. */
  readonly attempt: number;
  /** Differs for every attempt at every job. */
  readonly token: string;
  /** Aborts when the job is lost (reason `lost`) or was cancelled (reason `cancelled`). */
  readonly signal: AbortSignal;
  progress(progress: JobProgress): Promise<void>;
  log(line: string): Promise<void>;
  /**
   * Adds parts of this job as jobs of their own, with its attempts, before all others of its priority. Parts that are
   * on the queue stay as they are. The outcome `waits for parts` then waits until all have finished or failed for good.
   * A finished part leaves the queue.
   */
  addParts(parts: readonly NewPart[]): Promise<void>;
  /** Asks the queue whether the job still belongs to this worker, and renews its lock. */
  holdsLock(): Promise<boolean>;
}

/** How an attempt ended. */
export type JobOutcome =
  | { readonly kind: 'done'; readonly result: unknown }
  /** `isFinal`: another attempt would fail in the same way, so the job is parked. */
  | { readonly kind: 'failed'; readonly message: string; readonly isFinal: boolean }
  /** The next worker continues; the attempt does not count. */
  | { readonly kind: 'given back' }
  /** The job is taken again when its parts have ended; the attempt does not count. */
  | { readonly kind: 'waits for parts' }
  /**
   * Machines of another kind can do it: it is offered again a little later, and the attempt does not count. No reason:
   * it was told before.
   */
  | { readonly kind: 'left to others'; readonly reason: string | undefined }
  /** The job vanishes from the queue. */
  | { readonly kind: 'cancelled' }
  /** Another worker has the job. */
  | { readonly kind: 'lost' };

/** A worker at work. Disposal waits until its jobs have ended. */
export interface FarmWorker extends AsyncDisposable {
  /** Jobs that it has now. */
  readonly active: number;
  /** Takes no more jobs. */
  stop(): Promise<void>;
}

/** An S3-compatible bucket. */
export interface ObjectSettings {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  /** The bucket's name is part of the path and not of the host's name; most servers other than AWS need it. */
  readonly pathStyle?: boolean | undefined;
}

/** An object in a bucket. */
export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
  /** Identifies its content. */
  readonly etag: string;
  /** Names in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Objects in S3-compatible storage. */
export interface Objects extends AsyncDisposable {
  /** @returns undefined if there is no such object */
  head(bucket: string, key: string): Promise<ObjectInfo | undefined>;
  list(bucket: string, prefix: string): Promise<Omit<ObjectInfo, 'metadata'>[]>;
  /** Reads a short text. @returns undefined if there is no such object */
  readText(bucket: string, key: string): Promise<string | undefined>;
  /** Writes a short text; it appears in one step. */
  writeText(bucket: string, key: string, text: string): Promise<void>;
  /** Writes an object into a new file. @throws `changed` if its ETag is another one */
  download(
    object: { readonly bucket: string; readonly key: string; readonly etag?: string },
    path: string,
  ): Promise<void>;
  /** Writes a file; the object appears when it is complete. @throws `exists` if `isNew` and there is one already */
  upload(
    path: string,
    object: {
      readonly bucket: string;
      readonly key: string;
      readonly metadata?: Readonly<Record<string, string>>;
      readonly isNew?: boolean;
    },
  ): Promise<void>;
  remove(bucket: string, key: string): Promise<void>;
}

/** What `@chromafeed/farm` exports. */
export interface EngineModule {
  openEngine(settings: EngineSettings): Promise<FarmEngine>;
  openObjects(settings: ObjectSettings): Objects;
  /** @throws if the server cannot be used, unless it only cannot be reached now */
  openLeases(settings: LeaseStoreSettings & { readonly redis: RedisSettings }): Promise<LeaseStore>;
}
