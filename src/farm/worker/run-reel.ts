/** One attempt at one film: from the queue's job to the published film. */
import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, type ErrorCode } from '../../errors.ts';
import { sha256File } from '../../files/fingerprint.ts';
import { packageVersion } from '../../version.ts';
import type { JobOutcome, JobTurn } from '../engine/engine.ts';
import { outputText } from '../jobs/job-id.ts';
import { reelJobSchema, type ReelJob, type ReelOptions, type ReelResult } from '../jobs/reel-job.ts';
import type { InputCache } from '../storage/input-cache.ts';
import type { OutputStore, WorkPlace } from '../storage/output-store.ts';
import type { Storages } from '../storage/storages.ts';
import type { ChildResult } from './child-messages.ts';
import { fetchFiles } from './fetch-files.ts';
import { fetchInput } from './fetch-input.ts';
import { isStop, ReelFailure, type ReelProcess } from './reel-process.ts';

/** What an attempt works with. */
export interface ReelTools {
  readonly storages: Storages;
  readonly cache: InputCache;
  readonly child: ReelProcess;
  /** For films whose job leaves the device open. */
  readonly device: ReelOptions['device'];
  /** Stops the worker: the film is given back. */
  readonly draining: AbortSignal;
}

/** How an attempt ended, for the worker. */
export interface ReelEnd {
  readonly outcome: JobOutcome;
  readonly job: ReelJob | undefined;
  readonly result: ReelResult | undefined;
  /** A fault of this machine: it cannot do any such film, so the film is given back and the worker ends. */
  readonly machineFault: AppError | undefined;
}

/** Does one attempt. It never throws. */
export async function runReel(turn: JobTurn, tools: ReelTools): Promise<ReelEnd> {
  const parsed = reelJobSchema.safeParse(turn.data);
  const version = (turn.data as { readonly version?: unknown } | null)?.version;
  if (version !== packageVersion) return ofMachine(otherVersion(version), undefined);
  if (!parsed.success) return failed('the job is not one of chromafeed', true, undefined);
  const job = parsed.data;
  try {
    const result = await colorize(turn, job, tools);
    return { outcome: { kind: 'done', result }, job, result, machineFault: undefined };
  } catch (error) {
    return await explain(error, { turn, job, tools });
  }
}

/** @throws what prevented it; unfinished work stays in the storage */
async function colorize(turn: JobTurn, job: ReelJob, tools: ReelTools): Promise<ReelResult> {
  const store = tools.storages.output(job.output.folder);
  const found = await store.find(job.output.name);
  if (found?.jobId === turn.id) return resultOf(undefined, { bytes: 0, sha256: '' }); // the queue had lost that it was done
  const work = await store.openWork(turn.id, turn.token);
  const path = join(work.folder, basename(job.output.name));
  const signal = AbortSignal.any([turn.signal, tools.draining]);
  try {
    const made = await runChild(turn, job, { path, store, signal, tools });
    const file = { bytes: (await stat(path)).size, sha256: await sha256File(path) };
    if (!(await turn.holdsLock())) throw new Error('another worker has the film');
    await store.publish({ path, jobId: turn.id, bytes: file.bytes, ...job.output });
    await work.remove();
    return resultOf(made, file);
  } catch (error) {
    await leave(error, { turn, work, tools });
    throw error;
  }
}

/** What happens to the unfinished work of an attempt that ended. */
async function leave(
  error: unknown,
  { turn, work, tools }: { readonly turn: JobTurn; readonly work: WorkPlace; readonly tools: ReelTools },
): Promise<void> {
  if (turn.signal.reason === 'cancelled') await work.remove();
  else if (tools.draining.aborted && isStop(error)) await work.giveBack();
}

async function runChild(
  turn: JobTurn,
  job: ReelJob,
  {
    path,
    store,
    signal,
    tools,
  }: {
    readonly path: string;
    readonly store: OutputStore;
    readonly signal: AbortSignal;
    readonly tools: ReelTools;
  },
): Promise<ChildResult> {
  using input = await fetchInput(job.input, tools);
  const files = await fetchFiles(job.files, store, join(tools.storages.cache, 'files'));
  await mkdir(dirname(path), { recursive: true });
  const options = { ...(job.options as ReelOptions), ...files };
  const isOpen = options.device === undefined || options.device === 'auto';
  // The input is in use until the child has ended.
  return await tools.child.run({
    request: {
      input: input.path,
      output: path,
      options: isOpen ? { ...options, device: tools.device } : options,
      identity: { source: job.input.content, result: turn.id },
    },
    signal,
    onProgress: ({ frames, totalFrames, fps }) =>
      void turn.progress({ frames, totalFrames, fps }).catch(() => undefined), // the connection is down; the next one tells
  });
}

function resultOf(made: ChildResult | undefined, file: Pick<ReelResult, 'bytes' | 'sha256'>): ReelResult {
  return {
    ...(made?.frames !== undefined && { frames: made.frames }),
    resumedFrames: made?.resumedFrames ?? 0,
    ...file,
    fps: made?.fps ?? 0,
    wallS: made?.wallS ?? 0,
    device: made?.device ?? '',
    warnings: [...(made?.warnings ?? [])],
    ...(made?.damage !== undefined && { damage: made.damage }),
  };
}

async function explain(
  error: unknown,
  { turn, job, tools }: { readonly turn: JobTurn; readonly job: ReelJob; readonly tools: ReelTools },
): Promise<ReelEnd> {
  if (turn.signal.reason === 'cancelled') return { ...failed('', true, job), outcome: { kind: 'cancelled' } };
  if (turn.signal.aborted || !(await turn.holdsLock()))
    return { ...failed('', false, job), outcome: { kind: 'lost' } };
  if (tools.draining.aborted && isStop(error))
    return { ...failed('', false, job), outcome: { kind: 'given back' } };
  const { code, message, cure } = partsOf(error);
  if (code !== undefined && machineFaults.has(code)) {
    const fault = new AppError(code, message, { ...(cure !== undefined && { cure }), cause: error });
    return ofMachine(fault, job);
  }
  if (error instanceof ReelFailure)
    for (const line of error.log.trim().split('\n').slice(-20)) await note(turn, line);
  const text = `${code === undefined ? '' : `${code}: `}${message}${cure === undefined ? '' : `; ${cure}`}`;
  await note(turn, text);
  return failed(text, code !== undefined && finalFaults.has(code), job);
}

async function note(turn: JobTurn, line: string): Promise<void> {
  if (line !== '') await turn.log(`${new Date().toISOString()} ${line}`).catch(() => undefined);
}

function partsOf(error: unknown): { code: ErrorCode | undefined; message: string; cure: string | undefined } {
  if (error instanceof AppError || error instanceof ReelFailure)
    return { code: error.code, message: error.message, cure: error.cure };
  return {
    code: undefined,
    message: error instanceof Error ? error.message : String(error),
    cure: undefined,
  };
}

/** Another machine may be able to do the film. */
const machineFaults: ReadonlySet<ErrorCode> = new Set([
  'CONFIG_INVALID',
  'FFMPEG_MISSING',
  'DEVICE_UNAVAILABLE',
  'DISK_FULL',
  'STORAGE_UNAVAILABLE',
]);
/** Another attempt would fail in the same way. */
const finalFaults: ReadonlySet<ErrorCode> = new Set([
  'USAGE',
  'INPUT_UNSUPPORTED',
  'MODEL_INVALID',
  'MODEL_MISMATCH',
  'OUTPUT_EXISTS',
  'ENCODER_UNAVAILABLE',
]);

function failed(message: string, isFinal: boolean, job: ReelJob | undefined): ReelEnd {
  return { outcome: { kind: 'failed', message, isFinal }, job, result: undefined, machineFault: undefined };
}

function ofMachine(fault: AppError, job: ReelJob | undefined): ReelEnd {
  return { outcome: { kind: 'given back' }, job, result: undefined, machineFault: fault };
}

function otherVersion(version: unknown): AppError {
  const theirs = typeof version === 'string' ? version : 'another version';
  return new AppError(
    'USAGE',
    `expected films of chromafeed ${packageVersion} but the next one was submitted by chromafeed ${theirs}`,
    {
      cure: 'use the same version on all machines; films of an older one can be cancelled and submitted again',
    },
  );
}

/** The film of a job in words. */
export function reelText(job: ReelJob): string {
  return outputText(job);
}
