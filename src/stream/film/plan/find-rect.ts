import type { SourceInput } from '../../../ingest/film/source-input.ts';
import { surveyFilm } from '../../../ingest/film/survey.ts';
import { activeRect } from '../../../ingest/scenes/black-bars.ts';
import type { FilmPlan } from './film-plan.ts';
import type { FilmResources } from '../film-resources.ts';

/**
 * Finds the picture of a film inside its black bars.
 * @param asks - whether to look for colour, too
 * @returns the plan with the rectangle of the picture; `hasColor` is false if colour was not asked for
 */
export async function findRect(
  plan: FilmPlan,
  opened: SourceInput,
  { colorizer, signal }: Pick<FilmResources, 'colorizer' | 'signal'>,
  asks: { readonly color: boolean } = { color: false },
): Promise<{ readonly plan: FilmPlan; readonly hasColor: boolean }> {
  // The model of one camera knows what is usual at each point of the whole picture, black bars included.
  const hasBars = colorizer.sceneModel === undefined;
  if (!hasBars && !asks.color) return { plan, hasColor: false };
  const { planes, hasColor } = await surveyFilm(opened, plan.source, { signal, ...asks });
  return { plan: hasBars ? { ...plan, rect: activeRect(planes, plan.layout) } : plan, hasColor };
}
