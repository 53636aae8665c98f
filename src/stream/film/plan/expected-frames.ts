import type { FilmPlan } from './film-plan.ts';

/** Frames of the part that is colorized; undefined if the container does not state the film's length. */
export function expectedFrames({
  source,
  options,
}: Pick<FilmPlan, 'source' | 'options'>): number | undefined {
  const { video, durationS } = source;
  const { start, duration } = options;
  if (start === undefined && duration === undefined && video.frameCount !== undefined)
    return video.frameCount;
  const whole = video.durationS ?? durationS;
  const rate = video.averageFrameRate;
  if (whole === undefined || rate === undefined) return undefined;
  const asked = Math.min(duration ?? Infinity, Math.max(0, whole - (start ?? 0)));
  return Math.round((asked * rate.num) / rate.den);
}
