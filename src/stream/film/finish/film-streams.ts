/** A film's other streams: which are kept with the coloured picture, and which part of them. */
import { AppError } from '../../../errors.ts';
import type { SourceInput } from '../../../ingest/film/source-input.ts';
import type { FilmPlan } from '../film-plan.ts';
import { planCarry, type CarryPlan, type MuxCut } from './mux.ts';

/**
 * Decides what happens to each stream besides the picture.
 * @param warn - takes messages about streams that are left out or converted
 * @throws {AppError} USAGE when sound would be lost without the user's consent
 */
export async function planStreams(
  opened: SourceInput,
  plan: FilmPlan,
  warn: (text: string) => void,
  signal: AbortSignal,
): Promise<CarryPlan[]> {
  const { container, source, options } = plan;
  const carry = await planCarry(muxInput(opened, plan), source.others, container, signal);
  const lost = carry.filter(({ action }) => action === 'drop');
  const lostSound = lost.filter(({ stream }) => stream.kind === 'audio');
  if (lostSound.length > 0 && options.dropUncarried !== true) {
    const names = lostSound.map(({ stream }) => stream.title).join(', ');
    throw new AppError('USAGE', `${container} can't carry ${names} of ${source.name}`, {
      cure: 'name the output .mkv, which takes every sound, or add --drop-uncarried to go without',
    });
  }
  for (const { stream, action, encoder } of carry) {
    if (action === 'drop') warn(`${container} can't carry ${stream.title}: it is left out`);
    if (action === 'convert') warn(`${stream.title} is converted to ${encoder ?? ''} for ${container}`);
  }
  return carry;
}

/** The source as an input of the muxer, from some way before the asked part: the muxer cuts it. */
export function muxInput(opened: SourceInput, { options, source }: FilmPlan): string[] {
  if (opened.isSequence) return [];
  // Where the clock jumps, packets are known by their numbers from the film's beginning.
  const seekS = source.timeline === undefined ? Math.max(0, (options.start ?? 0) - seekMarginS) : 0;
  return [...(seekS > 0 ? ['-ss', seekS.toFixed(6)] : []), ...opened.options, '-i', opened.url];
}

/** A container may have sound this far after its picture; without an index, seeking is only rough. */
const seekMarginS = 10;
/** Containers of broadcasts, whose clock started long before the film. */
const broadcastContainers: readonly string[] = ['mpegts', 'mpeg'];

/** How the source's clock appears in the output: a part starts with its first frame, at 0. */
export function cutOf({ source, options }: FilmPlan, firstPts: number): MuxCut {
  const { video, container } = source;
  const tickS = video.timeBase.num / video.timeBase.den;
  const beginS = (video.startPts ?? 0) * tickS;
  const startS = options.start ?? 0;
  const isPart = startS > 0;
  const isBroadcast = broadcastContainers.includes(container);
  const zeroS = isPart ? firstPts * tickS : isBroadcast ? beginS : 0;
  return {
    zeroS,
    dropsBefore: isPart,
    durationS: options.duration === undefined ? undefined : beginS + startS + options.duration - zeroS,
  };
}
