import { exitCodes } from '../../errors.ts';
import { isFilmPath, findObjects, planReels, type NamedFilm } from '../../farm/jobs/plan-reels.ts';
import type { ReelOptions } from '../../farm/jobs/reel-job.ts';
import { isObjectUrl, locate } from '../../farm/storage/location.ts';
import type { Storages } from '../../farm/storage/storages.ts';
import { submitFilms, type SubmittedFilm } from '../../farm/submit.ts';
import { countText } from '../../log/count-text.ts';
import { plainText } from '../../log/plain-text.ts';
import type { Reporter } from '../../log/reporter.ts';
import type { Container } from '../../stream/film/encode/encoders.ts';
import { arrowText } from '../../stream/film/film-result.ts';
import { filmDefaults } from '../../stream/film/film-options.ts';
import type { CommandContext } from '../command-context.ts';
import { expandInputs, type LeftOut } from '../file/inputs.ts';
import { checkNetworkSize } from '../options/check-network-size.ts';
import { makeReporter } from '../reporting/reporter.ts';
import type { FarmCliOptions } from './farm-options.ts';
import { openFarm } from './open-farm.ts';
import { showWait } from './show-wait.ts';

/** The options of `chromafeed submit`, as parsed. */
export interface SubmitOptions extends FarmCliOptions, ReelOptions {
  readonly output: string;
  readonly recursive?: boolean;
  readonly overwrite?: boolean;
  readonly container?: Container;
  readonly attempts: number;
  readonly priority: number;
  readonly splitMinutes?: number;
  readonly wait?: boolean;
}

/** Puts films on the queue, and waits for them if the user wants that. @returns exit code */
export async function runSubmit(
  asked: readonly string[],
  options: SubmitOptions,
  { signal, streams }: CommandContext,
): Promise<number> {
  const {
    output,
    recursive,
    overwrite,
    container,
    attempts,
    priority,
    splitMinutes,
    wait,
    redis,
    config,
    json,
    quiet,
    ...film
  } = options;
  checkNetworkSize(film.size ?? filmDefaults.size);
  const reporter = makeReporter(
    { ...(json === true && { json }), ...(quiet === true && { quiet }) },
    streams,
  );
  await using farm = await openFarm(
    { ...(redis !== undefined && { redis }), ...(config !== undefined && { config }) },
    reporter,
  );
  const { roots } = farm.storages.config;
  const { films, leftOut } = await findFilms(asked, { recursive, output, storages: farm.storages });
  const submitted = await submitFilms(
    {
      reels: await planReels(films, { container, roots }),
      folder: await locate(output, roots),
      options: film,
      overwrite: overwrite === true,
      attempts,
      priority,
      ...(splitMinutes !== undefined && { splitSeconds: splitMinutes * 60 }),
    },
    { ...farm, signal, onFilm: (each) => tell(each, reporter) },
  );
  for (const { path, reason } of leftOut)
    reporter.line(`left out: ${plainText(path)} (${reason})`, { event: 'left out', path, reason });
  tellTotal(submitted, reporter);
  const submitCode = codeOf(submitted);
  if (wait !== true) return submitCode;
  const ids = submitted.flatMap(({ state, jobId }) =>
    jobId !== undefined && (state === 'queued' || state === 'queued before') ? [jobId] : [],
  );
  const waitCode = await showWait(ids, { queue: farm.queue, reporter, signal, total: submitted.length });
  return submitCode === exitCodes.ok ? waitCode : submitCode;
}

async function findFilms(
  asked: readonly string[],
  {
    recursive,
    output,
    storages,
  }: {
    readonly recursive: boolean | undefined;
    readonly output: string;
    readonly storages: Storages;
  },
): Promise<{ films: NamedFilm[]; leftOut: LeftOut[] }> {
  const films: NamedFilm[] = [];
  const leftOut: LeftOut[] = [];
  for (const text of asked) {
    if (isObjectUrl(text)) {
      films.push(...(await findObjects(text, storages)));
      continue;
    }
    const found = await expandInputs([text], { recursive, output });
    const isNamed = (path: string): boolean => path === text;
    films.push(...found.inputs.filter(({ path }) => isNamed(path) || isFilmPath(path)));
    const pictures = found.inputs.filter(({ path }) => !isNamed(path) && !isFilmPath(path));
    leftOut.push(
      ...found.leftOut,
      ...pictures.map(({ path }) => ({ path, reason: 'a picture: chromafeed file' })),
    );
  }
  return { films, leftOut };
}

function tell({ input, output, jobId, state, fault }: SubmittedFilm, reporter: Reporter): void {
  const event = { event: 'submitted', input, output, jobId, state };
  if (state === 'refused') {
    const cure = fault?.cure === undefined ? '' : `; ${fault.cure}`;
    reporter.warn(`${plainText(input)}: ${fault?.message ?? ''}${cure}`);
    reporter.line(`${plainText(input)}: refused`, { ...event, code: fault?.code, message: fault?.message });
    return;
  }
  const text = state === 'parked' ? 'parked because it failed; chromafeed queue retry tries again' : state;
  reporter.line(`${arrowText(input, output)}: ${text}`, event);
}

function tellTotal(films: readonly SubmittedFilm[], reporter: Reporter): void {
  const states = ['queued', 'queued before', 'finished before', 'parked', 'refused'] as const;
  const counts = states.map((state) => [state, films.filter((film) => film.state === state).length] as const);
  const parts = counts.filter(([, count]) => count > 0).map(([state, count]) => `${count} ${state}`);
  reporter.line(`${countText(films.length, 'film')}: ${parts.join(', ')}`, {
    event: 'total',
    films: films.length,
    ...Object.fromEntries(counts),
  });
}

/** One film has the exit code of its fault, several have 1. */
function codeOf(films: readonly SubmittedFilm[]): number {
  const bad = films.filter(({ state }) => state === 'refused' || state === 'parked');
  if (bad.length === 0) return exitCodes.ok;
  const [only] = films;
  return films.length === 1 ? (only?.fault?.exitCode ?? exitCodes.failure) : exitCodes.failure;
}
