/** Opens a film whose decisions were made elsewhere. */
import { openInput } from '../../../ingest/film/source-input.ts';
import type { FilmJob } from '../film-job.ts';
import { withDefaults, type FilmOptions } from '../film-options.ts';
import { resourcesFor, type CallOptions } from '../film-resources.ts';
import { examineFilm } from '../plan/plan-job.ts';
import { filmIdentity } from '../resume/film-fingerprint.ts';
import type { PartsPlan } from './parts-plan.ts';
import { checkSettings } from './parts-settings.ts';

/** A film that is made in parts, on this machine. */
export interface PartsJob {
  /** The film on this machine: the same contents as when it was planned, at any path. */
  readonly input: string;
  readonly plan: PartsPlan;
  /**
   * What belongs to this machine or to this run, and does not change the picture. If the plan was made with an
   * `identity`, name its `source` here, too.
   */
  readonly local?:
    | Pick<
        FilmOptions,
        'model' | 'embedding' | 'style' | 'hwaccel' | 'overwrite' | 'contactSheet' | 'report' | 'identity'
      >
    | undefined;
}

/**
 * Opens the film with the plan's decisions, and closes it after the work.
 * @throws {AppError} PLAN_MISMATCH when this machine would make another film; as `colorizeFilm` before its first frame
 */
export async function withPartsJob<T>(
  { input, plan: shared, local = {} }: PartsJob,
  call: CallOptions,
  work: (film: FilmJob) => Promise<T>,
): Promise<T> {
  const asked = { ...shared.options, ...shared.network, ...withoutUndefined(local) };
  const options = withDefaults(asked);
  await using resources = await resourcesFor({ ...asked, ...call });
  await using opened = await openInput(input, { ...options, signal: resources.signal });
  const film = await examineFilm({ input, output: shared.outputName, options, opened, resources });
  const identity = await filmIdentity(film.settings, film.opened, resources.signal);
  checkSettings(shared, identity);
  const { encoderThreads, ...color } = shared.color;
  const encode = { ...film.plan.encode, threads: encoderThreads };
  const plan = { ...film.plan, ...color, encode };
  return await work({ ...film, plan, identity, carry: [], isFinished: false });
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
