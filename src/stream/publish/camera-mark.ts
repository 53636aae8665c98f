import type { SyntheticMark } from '../synthetic-mark.ts';
import type { CameraFeed } from '../live/camera-feed.ts';

/** The mark of a camera's pictures: with the model that colours it. */
export function cameraMark(feed: CameraFeed | undefined, mark: SyntheticMark): SyntheticMark {
  if (feed === undefined) return mark;
  const { name, version } = feed.status.model;
  return { ...mark, model: name, modelVersion: version };
}
