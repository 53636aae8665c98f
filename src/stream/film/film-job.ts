import type { FfmpegVersion } from '../../ingest/ffmpeg/capabilities.ts';
import type { SourceInput } from '../../ingest/film/source-input.ts';
import type { FilmPlan } from './plan/film-plan.ts';
import type { FilmResources } from './film-resources.ts';
import type { FilmRange } from './film-range.ts';
import type { FilmStats } from './film-stats.ts';
import type { ResultIdentity } from './resume/film-fingerprint.ts';
import type { CarryPlan } from './finish/plan-carry.ts';

/** A film with its plan and everything that is needed to make it. */
export interface FilmJob {
  readonly plan: FilmPlan;
  /** The frames that are made; undefined: all. */
  readonly range?: FilmRange | undefined;
  readonly opened: SourceInput;
  /** Everything that the result depends on, as a checksum and in words. */
  readonly identity: ResultIdentity;
  /** Whether an earlier run has made the output with the same settings, so nothing is left to do. */
  readonly isFinished: boolean;
  /** What happens to the other streams. */
  readonly carry: readonly CarryPlan[];
  readonly ffmpeg: FfmpegVersion;
  readonly resources: FilmResources;
  readonly stats: FilmStats;
}
