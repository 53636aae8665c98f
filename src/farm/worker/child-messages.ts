/** What a worker and its child process tell each other. */
import type { ErrorCode } from '../../errors.ts';
import type { FilmIdentity } from '../../stream/film/film-options.ts';
import type { PartsPlan } from '../../stream/film/parts/parts-plan.ts';
import type { ReelOptions } from '../jobs/reel-job.ts';

/** What the child makes of a film. */
export type ReelTask =
  /** All of it. */
  | { readonly kind: 'film'; readonly output: string }
  /** The plan of its parts. */
  | { readonly kind: 'plan'; readonly output: string; readonly splitSeconds: number }
  /** One part. `folder`: of the finished part. */
  | { readonly kind: 'part'; readonly plan: PartsPlan; readonly number: number; readonly folder: string }
  /** All of it, from its finished parts. */
  | {
      readonly kind: 'join';
      readonly plan: PartsPlan;
      readonly folders: readonly string[];
      readonly output: string;
    };

/** One film for the child. */
export interface ReelRequest {
  readonly type: 'run';
  readonly input: string;
  readonly task: ReelTask;
  readonly options: ReelOptions;
  readonly identity: FilmIdentity;
}

/** To the child. `stop`: end the film, but keep what is finished of it. `open`: get the network ready. */
export type ToChild =
  ReelRequest | { readonly type: 'stop' } | { readonly type: 'open'; readonly options: ReelOptions };

/** What a finished film or part was like. */
export interface ChildResult {
  readonly frames: number | undefined;
  readonly resumedFrames: number;
  readonly fps: number;
  readonly wallS: number;
  readonly device: string;
  readonly warnings: readonly string[];
  readonly damage: string | undefined;
}

/** From the child. */
export type FromChild =
  | { readonly type: 'opened'; readonly device: string }
  | {
      readonly type: 'progress';
      readonly frames: number;
      readonly totalFrames: number | undefined;
      readonly fps: number;
    }
  | { readonly type: 'planned'; readonly plan: PartsPlan }
  | { readonly type: 'done'; readonly result: ChildResult }
  | {
      readonly type: 'failed';
      readonly code: ErrorCode | undefined;
      readonly message: string;
      readonly cure: string | undefined;
    };
