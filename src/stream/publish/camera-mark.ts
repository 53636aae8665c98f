import { markBy, type SyntheticMark } from '../synthetic-mark.ts';
import type { CameraFeed } from '../live/camera-feed.ts';

/** The synthetic mark for a camera's pictures: it names the model that colours this camera. */
export function cameraMark(feed: CameraFeed | undefined, mark: SyntheticMark): SyntheticMark {
  if (feed === undefined) return mark;
  return markBy(mark.program, feed.status.model);
}
