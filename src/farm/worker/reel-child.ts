/**
 * The program of a worker's child process: it colours one film after the other. A crash of native code ends only this
 * process. It keeps the network open between films.
 */
import { AppError } from '../../errors.ts';
import type { Reporter } from '../../log/reporter.ts';
import { colorizeFilm } from '../../stream/film/colorize-film.ts';
import { withDefaults } from '../../stream/film/film-options.ts';
import { openFilmResources, silentReporter, type FilmResources } from '../../stream/film/film-resources.ts';
import type { FilmResult } from '../../stream/film/film-result.ts';
import type { ReelOptions } from '../jobs/reel-job.ts';
import { colorPart, joinReel, planReel } from './child-parts.ts';
import type { ChildResult, FromChild, ReelRequest, ReelTask, ToChild } from './child-messages.ts';

/** The network that is open, and the options that it was opened with. */
let open: { readonly key: string; readonly resources: FilmResources & AsyncDisposable } | undefined;
let stopping = new AbortController();

process.on('message', (message: ToChild) => {
  if (message.type === 'stop') stopping.abort(new AppError('INTERRUPTED', 'stopped by the worker'));
  else void (message.type === 'run' ? run(message) : warmUp(message.options)).catch(fail);
});
// Without its worker nobody would publish the film.
process.on('disconnect', () => process.exit(1));

function send(message: FromChild): void {
  process.send?.(message);
}

function fail(error: unknown): void {
  const known = error instanceof AppError ? error : undefined;
  send({
    type: 'failed',
    code: known?.code,
    message: error instanceof Error ? error.message : String(error),
    cure: known?.cure,
  });
}

async function warmUp(options: ReelOptions): Promise<void> {
  const { colorizer } = await resourcesFor(options);
  await colorizer.opened();
  send({ type: 'opened', device: colorizer.device });
}

async function run(request: ReelRequest): Promise<void> {
  stopping = new AbortController();
  const { options, task } = request;
  const resources = { ...(await resourcesFor(options)), reporter: ipcReporter, signal: stopping.signal };
  send(await answerTo(request, task, resources));
}

async function answerTo(request: ReelRequest, task: ReelTask, resources: FilmResources): Promise<FromChild> {
  switch (task.kind) {
    case 'film':
      return { type: 'done', result: childResult(await colorAll(request, task.output, resources)) };
    case 'plan':
      return { type: 'planned', plan: await planReel(request, task, resources) };
    case 'part':
      return { type: 'done', result: await colorPart(request, task, resources) };
    case 'join':
      return { type: 'done', result: childResult(await joinReel(request, task, resources)) };
  }
}

function colorAll(
  { input, options, identity }: ReelRequest,
  output: string,
  resources: FilmResources,
): Promise<FilmResult> {
  const asked = { ...options, identity, skipFinished: true, resources };
  return colorizeFilm(input, output, asked).catch((error: unknown) => {
    // Unfinished work of a worker of another kind, which this one cannot continue.
    const isOfOther = error instanceof AppError && error.code === 'OUTPUT_EXISTS';
    if (!isOfOther || resources.signal.aborted) throw error;
    return colorizeFilm(input, output, { ...asked, fresh: true, overwrite: true });
  });
}

function childResult(result: FilmResult): ChildResult {
  const { alreadyFinished, frames, resumedFrames, fps, wallS, model, warnings, damage } = result;
  return {
    frames: alreadyFinished ? undefined : frames,
    resumedFrames,
    fps: Number.isFinite(fps) ? fps : 0,
    wallS,
    device: model.device,
    warnings: warnings.slice(0, 20),
    damage,
  };
}

async function resourcesFor(options: ReelOptions): Promise<FilmResources & AsyncDisposable> {
  const { model, engine, device, precision, embedding, style, size, maxMegapixels } = withDefaults(options);
  const photo = style === undefined ? {} : { style, size, maxMegapixels };
  const network = { model, engine, device, precision, embedding, ...photo };
  const key = JSON.stringify(network);
  if (open?.key === key) return open.resources;
  await open?.resources[Symbol.asyncDispose]();
  open = undefined;
  open = { key, resources: await openFilmResources(network) };
  return open.resources;
}

/** Time between two messages about progress, ms. */
const progressEveryMs = 1000;
let lastMs = 0;

const ipcReporter: Reporter = {
  ...silentReporter,
  progress: ({ frames, totalFrames, fps }) => {
    const now = performance.now();
    if (now - lastMs < progressEveryMs) return;
    lastMs = now;
    send({ type: 'progress', frames, totalFrames, fps });
  },
};
