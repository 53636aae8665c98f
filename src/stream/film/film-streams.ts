/** A film's other streams: what goes with the coloured picture, and from where to where. */
import { AppError } from '../../errors.ts';
import { carriedStreams, type FilmPlan, type FilmWish } from './film-job.ts';
import type { SourceInfo } from '../../ingest/film/source-info.ts';
import type { SourceInput } from '../../ingest/film/source-input.ts';
import { planCarry, type CarryPlan, type MuxCut } from './mux.ts';

export interface StreamJob {
  readonly input: SourceInput;
  readonly source: SourceInfo;
  readonly wish: FilmWish;
  readonly plan: FilmPlan;
}

/**
 * What becomes of each stream beside the picture.
 * @param warn - takes what is left out or converted
 * @throws {AppError} USAGE when sound would be lost that the user did not give up
 */
export async function planStreams(
  { input, source, wish, plan: { container } }: StreamJob,
  warn: (text: string) => void,
  signal: AbortSignal,
): Promise<CarryPlan[]> {
  const carry = await planCarry(muxInput(input, wish), carriedStreams(source), container, signal);
  const lost = carry.filter(({ action }) => action === 'drop');
  const lostSound = lost.filter(({ stream }) => stream.kind === 'audio');
  if (lostSound.length > 0 && wish.dropUncarried !== true) {
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
export function muxInput(input: SourceInput, wish: FilmWish): string[] {
  if (input.isSequence) return [];
  const seekS = Math.max(0, (wish.start ?? 0) - seekMarginS);
  return [...(seekS > 0 ? ['-ss', seekS.toFixed(6)] : []), ...input.options, ...['-i', input.url]];
}

/** A container may hold sound so long behind its picture; those without an index are sought only roughly. */
const seekMarginS = 10;
/** Containers of broadcasts: their clock began long before the film. */
const broadcastContainers: readonly string[] = ['mpegts', 'mpeg'];

/** What becomes of the source's clock in the output: a part begins with its first frame, at 0. */
export function cutOf({ video, container }: SourceInfo, wish: FilmWish, firstPts: number): MuxCut {
  const tickS = video.timeBase.num / video.timeBase.den;
  const beginS = (video.startPts ?? 0) * tickS;
  const startS = wish.start ?? 0;
  const isPart = startS > 0;
  const isBroadcast = broadcastContainers.includes(container);
  const zeroS = isPart ? firstPts * tickS : isBroadcast ? beginS : 0;
  return {
    zeroS,
    dropsBefore: isPart,
    durationS: wish.duration === undefined ? undefined : beginS + startS + wish.duration - zeroS,
  };
}
