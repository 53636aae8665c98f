/** Where the run for one frame of a film starts. */
import { scanPackets } from '../../ingest/film/packet-scan.ts';
import type { SourceInput } from '../../ingest/film/source-input.ts';
import { contextFrames } from '../../ingest/scenes/scene-detector.ts';
import type { Scene } from './film-frame.ts';
import type { FilmPlan } from './plan/film-plan.ts';
import type { FilmResources } from './film-resources.ts';

/**
 * For frames up to this time the run starts at the film's start, for later frames at least this long before the frame.
 */
const fromBeginningS = 30;
export const leastLeadInS = 15;
export const leadInFactor = 4;
/** After this many frames a run finds the same cuts as a run of the whole film. */
const settledFrames = 2 * contextFrames;

/** A film that is planned and open. */
export interface OpenedFilm {
  readonly plan: FilmPlan;
  readonly input: SourceInput;
  readonly resources: FilmResources;
}

/** The frames of a film by number. */
export interface FrameTimes {
  /** Number of the first frame that is shown at or after a time. */
  readonly indexAt: (pts: number) => number;
  readonly ptsOf: (index: number) => number;
  readonly last: number;
}

/** Reads the times of all frames, without decoding; undefined if the run must start at the film's start anyway. */
export async function frameTimes({ plan, input, resources }: OpenedFilm): Promise<FrameTimes | undefined> {
  const { source } = plan;
  if ((plan.options.start ?? 0) <= fromBeginningS || source.timeline !== undefined || input.isSequence)
    return undefined;
  const times: number[] = [];
  const scan = { streams: String(source.video.index), signal: resources.signal };
  await scanPackets(input, scan, ({ pts, isHidden }) => {
    if (pts !== undefined && !isHidden) times.push(pts);
  });
  times.sort((a, b) => a - b);
  return {
    indexAt: (pts) => times.findIndex((time) => time >= pts),
    ptsOf: (index) => times[index] ?? 0,
    last: times.at(-1) ?? 0,
  };
}

/** Where a run starts: the number of a frame in the film, and its time in ticks. */
export interface StartFrame {
  readonly index: number;
  readonly pts: number;
}

/**
 * The start of a run about this long before the wanted frame, where a run of the whole film also starts a block and a
 * batch. undefined: the film's start.
 */
export function startFor(
  plan: FilmPlan,
  times: FrameTimes | undefined,
  leadS: number,
): StartFrame | undefined {
  if (times === undefined) return undefined;
  const step = plan.blockFrames * plan.batchFrames;
  const wanted = Math.min(wantedPts(plan), times.last);
  const index = Math.floor(times.indexAt(wanted - leadS / tickS(plan)) / step) * step;
  return index <= 0 ? undefined : { index, pts: times.ptsOf(index) };
}

/** Whether a scene begins with a cut that the whole film's run finds as well. */
export function isSettled({ start, firstFrame }: Scene, from: number): boolean {
  return (start === 'cut' || start === 'fade') && firstFrame >= from + settledFrames;
}

/** When the wanted frame is shown at the latest, ticks. */
export function wantedPts(plan: FilmPlan): number {
  return Math.round(beginOf(plan) + (plan.options.start ?? 0) / tickS(plan));
}

/** When the film begins, ticks. */
export function beginOf({ source }: FilmPlan): number {
  return source.video.startPts ?? 0;
}

/** Seconds of a tick. */
export function tickS({ source }: FilmPlan): number {
  return source.video.timeBase.num / source.video.timeBase.den;
}
