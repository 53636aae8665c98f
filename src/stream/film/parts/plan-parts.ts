/** Splits a film into parts that several machines can make. */
import { basename } from 'node:path';
import { AppError } from '../../../errors.ts';
import { fingerprintOf } from '../../../files/fingerprint.ts';
import { openInput } from '../../../ingest/film/source-input.ts';
import type { FilmJob } from '../film-job.ts';
import { withDefaults, type FilmOptions } from '../film-options.ts';
import { lumaCrcOf } from '../film-range.ts';
import { resourcesFor, type CallOptions } from '../film-resources.ts';
import { examineFilm, settleJob, workingEncoder } from '../plan/plan-job.ts';
import { filmIdentity } from '../resume/film-fingerprint.ts';
import { sharedOptions, type PartPlan, type PartsPlan } from './parts-plan.ts';
import { partsSettings } from './parts-settings.ts';
import { scanCuts, type FilmScan, type PossibleStart } from './scan-cuts.ts';

/** The film that is split: what `colorizeFilm` takes. */
export interface FilmToSplit {
  /** A film, or a folder or pattern of numbered pictures. */
  readonly input: string;
  /** The finished film. Only its file name is used; nothing is written. */
  readonly output: string;
  readonly options?: FilmOptions | undefined;
}

/**
 * Examines a film, makes all decisions that hold for the whole film, and finds where it can be split. It reads all
 * frames once to find the cuts, which takes a fraction of the time of colouring them. Parts start only at hard cuts and
 * after fades, where the colour of a film starts anew anyway. So the joined parts are the film that `colorizeFilm`
 * makes, bit for bit.
 * @param split.splitSeconds - the least length of a part, seconds of film; a part ends at the first possible cut
 *   after it. A last part of less than half of it is joined to the one before. A film without cuts has one part
 * @returns plain data for JSON
 * @throws {AppError} as `colorizeFilm` before its first frame; INPUT_DAMAGED, INTERRUPTED; USAGE for standard input
 *   and output, or lengths that are not positive
 */
export async function planParts(
  film: FilmToSplit,
  split: { readonly splitSeconds: number },
  call: CallOptions = {},
): Promise<PartsPlan> {
  checkRequest(film, split.splitSeconds);
  const { input, output, options: given = {} } = film;
  await using resources = await resourcesFor({ ...given, ...call });
  const options = await workingEncoder(withDefaults(given), resources);
  await using opened = await openInput(input, { ...options, signal: resources.signal });
  const examined = await examineFilm({ input, output: basename(output), options, opened, resources });
  const identity = await filmIdentity(examined.settings, opened, resources.signal);
  const job = await settleJob(examined, identity);
  const scan = await scanCuts(job);
  return planOf(job, partsOf(scan, job, split.splitSeconds));
}

function checkRequest({ input, output }: FilmToSplit, splitSeconds: number): void {
  if (input === '-' || output === '-')
    throw new AppError('USAGE', 'parts of a film: expected names of files but got "-"', {
      cure: 'store the film in a file first',
    });
  if (!(splitSeconds > 0))
    throw new AppError('USAGE', `parts of a film: expected seconds above 0 but got ${splitSeconds}`, {
      cure: 'name the least length of a part, for example 300',
    });
}

function planOf({ plan, identity, resources }: FilmJob, parts: readonly PartPlan[]): PartsPlan {
  const { engine, device, precision } = resources.colorizer;
  const color: PartsPlan['color'] = {
    rect: plan.rect,
    matrix: plan.matrix,
    smallSize: plan.smallSize,
    stride: plan.stride,
    batchFrames: plan.batchFrames,
    blockFrames: plan.blockFrames,
    keepsOwnColor: plan.keepsOwnColor === true,
    segments: { longest: plan.segments.longest, shortest: plan.segments.shortest ?? plan.segments.longest },
    encoderThreads: plan.encode.threads,
  };
  const settings = partsSettings(identity);
  return {
    version: 1,
    fingerprint: fingerprintOf([settings, identity.fingerprint, color, parts]),
    settings,
    outputName: plan.output,
    options: sharedOptions(plan.options),
    network: { model: plan.options.model, engine, device, precision },
    color,
    frames: parts.reduce((sum, part) => sum + part.frames, 0),
    parts: [...parts],
  };
}

/** Chooses where parts start, and describes each part. */
function partsOf(scan: FilmScan, { plan }: FilmJob, splitSeconds: number): PartPlan[] {
  const { num, den } = plan.source.video.timeBase;
  const secondsAt = (index: number): number => ((scan.frames[index]?.pts ?? 0) * num) / den;
  const chosen = chooseStarts(scan, secondsAt, splitSeconds);
  return [undefined, ...chosen].map((start, number) => {
    const firstFrame = start?.index ?? 0;
    const next = chosen[number];
    const frames = scan.frames.slice(firstFrame, next?.index);
    const [first, last] = [frames[0], frames.at(-1)];
    const endS = next === undefined ? secondsAt(scan.frames.length - 1) : secondsAt(next.index);
    return {
      number,
      firstFrame,
      frames: frames.length,
      firstPts: first?.pts ?? 0,
      lastPts: last?.pts ?? 0,
      durationS: endS - secondsAt(firstFrame),
      lumaCrc: frames.reduce((crc, frame) => lumaCrcOf(frame, crc), 0),
      ...(start && { start: { context: [...start.state.context], cutState: start.state.cutState } }),
    };
  });
}

function chooseStarts(
  { frames, starts }: FilmScan,
  secondsAt: (index: number) => number,
  splitSeconds: number,
): PossibleStart[] {
  const chosen: PossibleStart[] = [];
  const lengthTo = (index: number): number => secondsAt(index) - secondsAt(chosen.at(-1)?.index ?? 0);
  for (const start of starts) if (lengthTo(start.index) >= splitSeconds) chosen.push(start);
  if (chosen.length > 0 && lengthTo(frames.length - 1) < splitSeconds / 2) chosen.pop();
  return chosen;
}
