/** Decides which of a film's other streams are kept with the coloured picture, and which part of them. */
import { AppError } from '../../../errors.ts';
import type { OtherStream } from '../../../ingest/film/source-info.ts';
import type { SourceInput } from '../../../ingest/film/source-input.ts';
import type { FilmPlan } from '../plan/film-plan.ts';
import { containers, type Container } from '../encode/encoders.ts';
import { lostTags } from './film-tags.ts';
import type { MuxCut } from './mux-options.ts';
import { containerFor, planCarry, type CarryPlan } from './plan-carry.ts';

/**
 * Decides what happens to each stream other than the picture.
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
  const input = muxInput(opened, plan);
  const carry = await planCarry(input, source.others, container, signal);
  const lost = carry.filter(({ action }) => action === 'drop');
  const lostSound = lost.filter(({ stream }) => stream.kind === 'audio');
  if (lostSound.length > 0 && options.dropUncarried !== true) {
    const names = lostSound.map(({ stream }) => stream.title).join(', ');
    const others = containers.filter((other) => other !== container && other !== 'webm');
    const sounds = lostSound.map(({ stream }) => stream);
    const better = await containerFor(input, sounds, others, signal);
    throw new AppError('USAGE', `${container} can't carry ${names} of ${source.name}`, {
      cure:
        better === undefined
          ? 'no container can: add --drop-uncarried to go without'
          : `name the output .${better}, which takes it, or add --drop-uncarried to go without`,
    });
  }
  for (const { stream, action, encoder } of carry) {
    if (action === 'drop') warn(`${container} can't carry ${stream.title}: it is left out`);
    if (action === 'convert') warn(conversion(stream, encoder ?? '', container));
  }
  const tags = lostTags(source.tags, container);
  if (tags.length > 0)
    warn(`${container} has no place for these tags, which are left out: ${tags.join(', ')}`);
  return carry;
}

function conversion({ kind, title }: OtherStream, encoder: string, container: Container): string {
  const how = kind === 'audio' ? `${encoder}, without loss,` : encoder;
  return `${title} is converted to ${how} because ${container} can't carry it as it is`;
}

/** The source as an input of the muxer, starting somewhat before the requested part; the muxer cuts it. */
export function muxInput(opened: SourceInput, { options, source }: FilmPlan): string[] {
  if (opened.isSequence) return [];
  // Where the clock jumps, packets are identified by their numbers, counted from the film's start.
  const seekS = source.timeline === undefined ? Math.max(0, (options.start ?? 0) - seekMarginS) : 0;
  return [...(seekS > 0 ? ['-ss', seekS.toFixed(6)] : []), ...opened.options, '-i', opened.url];
}

/** In a container, sound may be this far after the picture. Without an index, seeking is only approximate. */
const seekMarginS = 10;
/** Containers of broadcasts, whose clock started long before the film. */
const broadcastContainers: readonly string[] = ['mpegts', 'mpeg'];

/** Whether ffmpeg expects jumps in the clock of a container (its flag AVFMT_TS_DISCONT). */
export function hasLooseClock(container: string): boolean {
  return broadcastContainers.includes(container) || container === 'ogg' || container === 'nsv';
}

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
