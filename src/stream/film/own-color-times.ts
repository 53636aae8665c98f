/** Says which scenes of a film keep the colour of the source. */
import type { Rational } from '../../frame.ts';
import type { ColorOrigin } from '../synthetic-mark.ts';
import type { FilmJob } from './film-job.ts';
import type { SceneRecord } from './resume/resume-point.ts';

/** A tag lists at most this many scenes or periods. */
const mostListed = 50;

/** Whose colour a film has. */
export function colorOrigin(scenes: readonly Pick<SceneRecord, 'isOwn'>[]): ColorOrigin {
  if (!scenes.some(({ isOwn }) => isOwn)) return 'network';
  return scenes.every(({ isOwn }) => isOwn) ? 'source' : 'both';
}

/** A sentence for the user; undefined if the whole film was coloured. Scenes count from 1. */
export function describeOwnColor(scenes: readonly Pick<SceneRecord, 'isOwn'>[]): string | undefined {
  const origin = colorOrigin(scenes);
  if (origin === 'network') return undefined;
  if (origin === 'source') return 'every scene is in colour and keeps it: the network did not run';
  const numbers = scenes.flatMap(({ isOwn }, i) => (isOwn ? [i + 1] : []));
  const listed = numbers.slice(0, mostListed).join(', ') + (numbers.length > mostListed ? ' ...' : '');
  return `${numbers.length} of ${scenes.length} scenes are in colour and keep it: ${listed}`;
}

/** Tells the user which scenes of a film keep their colour. */
export function warnOfOwnColor({ opened, stats }: Pick<FilmJob, 'opened' | 'stats'>): void {
  const own = describeOwnColor(stats.scenes);
  if (own !== undefined) stats.warn(`${opened.name}: ${own} (--recolor replaces it)`);
}

/**
 * The times at which the source's own colour is shown, for a tag: `12.50-31.04 60.00-`, seconds on the source's clock.
 * @param timeBase - of the scenes' pts
 */
export function ownColorTimes(
  scenes: readonly Pick<SceneRecord, 'isOwn' | 'firstPts'>[],
  timeBase: Rational,
): string {
  const atS = (pts: number): string => ((pts * timeBase.num) / timeBase.den).toFixed(2);
  const spans: string[] = [];
  for (const [i, { isOwn, firstPts }] of scenes.entries()) {
    if (!isOwn || scenes[i - 1]?.isOwn === true) continue;
    const end = scenes.slice(i).find((later) => !later.isOwn);
    spans.push(`${atS(firstPts)}-${end === undefined ? '' : atS(end.firstPts)}`);
  }
  return spans.slice(0, mostListed).join(' ');
}
