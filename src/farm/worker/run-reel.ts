/** One attempt at one job, a film or a part of one, and what its end means for the queue. */
import { AppError, type ErrorCode } from '../../errors.ts';
import { packageVersion } from '../../version.ts';
import type { JobOutcome, JobTurn } from '../engine/engine.ts';
import { partJobSchema } from '../jobs/part-job.ts';
import { reelJobSchema, type ReelJob, type ReelResult } from '../jobs/reel-job.ts';
import { makePart, type PartResult } from './make-part.ts';
import { makeReel } from './make-reel.ts';
import { PoisonedFilm } from './poisoned-film.ts';
import { isStop, ReelFailure } from './reel-process.ts';
import { isUnfit, type ReelTools } from './reel-tools.ts';

/** How an attempt ended, for the worker. */
export interface ReelEnd {
  readonly outcome: JobOutcome;
  readonly job: ReelJob | undefined;
  readonly result: ReelResult | undefined;
  /** Present: the job is a part of the film. */
  readonly part: (Pick<PartResult, 'number' | 'total'> & Partial<PartResult>) | undefined;
  /** A fault of this machine: it cannot do any such film, so the film is given back and the worker ends. */
  readonly machineFault: AppError | undefined;
}

/** A job that was read. */
interface Attempt {
  readonly turn: JobTurn;
  readonly job: ReelJob;
  readonly part: ReelEnd['part'];
  /** Id of the film's job. */
  readonly filmId: string;
  readonly tools: ReelTools;
}

/** After this time a machine tries again whether it can make the parts of a film, ms: the film may have a new plan. */
const unfitMs = 60_000;
const nothing = { job: undefined, result: undefined, part: undefined, machineFault: undefined } as const;

/** Does one attempt. It never throws. */
export async function runReel(turn: JobTurn, tools: ReelTools): Promise<ReelEnd> {
  const version = (turn.data as { readonly version?: unknown } | null)?.version;
  if (version !== packageVersion)
    return { ...nothing, outcome: { kind: 'given back' }, machineFault: otherVersion(version) };
  const part = partJobSchema.safeParse(turn.data).data;
  const job = part?.reel ?? reelJobSchema.safeParse(turn.data).data;
  if (job === undefined) return { ...nothing, outcome: failure('the job is not one of chromafeed', true) };
  const attempt = { turn, job, part, filmId: part?.film ?? turn.id, tools };
  try {
    turn.signal.throwIfAborted();
    if (part !== undefined) {
      if (isUnfit(tools, part.film)) return ended(attempt, { kind: 'left to others', reason: undefined });
      const made = await makePart(turn, part, tools);
      return { ...ended(attempt, { kind: 'done', result: made.made }), part: made };
    }
    const result = await makeReel(turn, job, tools);
    if (result === 'waits for parts') return ended(attempt, { kind: result });
    if (result === 'left to others') return ended(attempt, { kind: result, reason: undefined });
    return { ...ended(attempt, { kind: 'done', result }), result };
  } catch (error) {
    return await explain(error, attempt);
  }
}

function ended({ job, part }: Pick<Attempt, 'job' | 'part'>, outcome: JobOutcome): ReelEnd {
  return { outcome, job, part, result: undefined, machineFault: undefined };
}

function failure(message: string, isFinal: boolean): JobOutcome {
  return { kind: 'failed', message, isFinal };
}

/** Deletes the unfinished work of a cancelled job. A storage that can't be reached keeps it. */
async function discard({ turn, job, tools }: Attempt): Promise<void> {
  const { storages } = tools;
  const drop = async (): Promise<void> => storages.output(job.output.folder).discard(turn.id);
  await drop().catch((error: unknown) => note(turn, (error as Error).message));
}

async function explain(error: unknown, attempt: Attempt): Promise<ReelEnd> {
  const { turn, tools, filmId, part } = attempt;
  if (turn.signal.reason === 'cancelled') {
    await discard(attempt);
    return ended(attempt, { kind: 'cancelled' });
  }
  if (turn.signal.aborted || !(await turn.holdsLock())) return ended(attempt, { kind: 'lost' });
  if (tools.draining.aborted && isStop(error)) return ended(attempt, { kind: 'given back' });
  const { code, message, cure } = faultOf(error);
  const text = `${code === undefined ? '' : `${code}: `}${message}${cure === undefined ? '' : `; ${cure}`}`;
  const isOther = code === 'PLAN_MISMATCH' || (part !== undefined && code === 'DEVICE_UNAVAILABLE');
  if (isOther) {
    tools.unfit.set(filmId, performance.now() + unfitMs);
    await note(turn, text);
    return ended(attempt, { kind: 'left to others', reason: message });
  }
  if (code !== undefined && machineFaults.has(code)) {
    const fault = new AppError(code, message, { ...(cure !== undefined && { cure }), cause: error });
    return { ...ended(attempt, { kind: 'given back' }), machineFault: fault };
  }
  if (error instanceof ReelFailure)
    for (const line of error.log.trim().split('\n').slice(-20)) await note(turn, line);
  await note(turn, text);
  const isFinal = error instanceof PoisonedFilm || (code !== undefined && finalFaults.has(code));
  return ended(attempt, failure(text, isFinal));
}

async function note(turn: JobTurn, line: string): Promise<void> {
  if (line !== '') await turn.log(`${new Date().toISOString()} ${line}`).catch(() => undefined);
}

function faultOf(error: unknown): { code: ErrorCode | undefined; message: string; cure: string | undefined } {
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
