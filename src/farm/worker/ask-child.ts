/** Asks the child process to do something with the film of a job. */
import { join } from 'node:path';
import type { JobTurn } from '../engine/engine.ts';
import type { ReelJob, ReelOptions } from '../jobs/reel-job.ts';
import type { PartsPlan } from '../../stream/film/parts/parts-plan.ts';
import type { ChildResult, FromChild, ReelTask } from './child-messages.ts';
import { fetchFiles } from './fetch-files.ts';
import { fetchInput } from './fetch-input.ts';
import type { ReelRun } from './reel-process.ts';
import type { ReelTools } from './reel-tools.ts';

/** The film for the child. */
export interface ChildWork {
  /** Id of the film's job. */
  readonly filmId: string;
  readonly job: ReelJob;
  readonly turn: JobTurn;
}

/**
 * Makes a film or a part, or joins a film, and tells the queue the progress.
 * @throws {ReelFailure} and what prevents that the film is read here
 */
export async function runChild(
  work: ChildWork,
  task: Exclude<ReelTask, { kind: 'plan' }>,
  tools: ReelTools,
): Promise<ChildResult> {
  const { turn } = work;
  const tell = ({ frames, totalFrames, fps }: Extract<FromChild, { type: 'progress' }>): void => {
    // If the connection is down, the next one tells.
    void turn.progress({ frames, totalFrames, fps }).catch(() => undefined);
  };
  const isJoining = task.kind === 'join';
  return withRun(work, { task, onProgress: isJoining ? () => undefined : tell }, tools, (run) =>
    tools.child.run(run),
  );
}

/** Plans the parts of a film. @throws as `runChild` */
export async function planChild(
  work: ChildWork,
  task: Extract<ReelTask, { kind: 'plan' }>,
  tools: ReelTools,
): Promise<PartsPlan> {
  return withRun(work, { task, onProgress: () => undefined }, tools, (run) => tools.child.plan(run));
}

/** The input is in use until the child has ended. */
async function withRun<T>(
  { filmId, job, turn }: ChildWork,
  { task, onProgress }: { readonly task: ReelTask } & Pick<ReelRun, 'onProgress'>,
  tools: ReelTools,
  run: (run: ReelRun) => Promise<T>,
): Promise<T> {
  using input = await fetchInput(job.input, tools);
  const store = tools.storages.output(job.output.folder);
  const files = await fetchFiles(job.files, store, join(tools.storages.cache, 'files'));
  const options = { ...(job.options as ReelOptions), ...files };
  const isOpen = options.device === undefined || options.device === 'auto';
  return await run({
    request: {
      input: input.path,
      task,
      options: isOpen ? { ...options, device: tools.device } : options,
      identity: { source: job.input.content, result: filmId },
    },
    signal: AbortSignal.any([turn.signal, tools.draining]),
    onProgress,
  });
}
