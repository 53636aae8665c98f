import type { OperatorFunction } from 'rxjs';
import type { SizePx } from '../../frame.ts';
import type { AnsweredFrame, SteadyFrame } from './film-frame.ts';
import {
  blendAnswer,
  carryBack,
  carryColor,
  emptyState,
  joinColors,
  type ColorState,
} from '../pixels/steady.ts';
import { throughStage, type Stage } from './paced.ts';

export interface SteadyStageOptions {
  readonly size: SizePx;
  readonly answerSize: SizePx;
  /** Frames are released in blocks of this length, each when the next block is complete. */
  readonly blockFrames: number;
  /** The colour carried so far, as a start; not modified. */
  readonly state?: ColorState | undefined;
}

/**
 * Gives each frame the mean of the network's answers before and after it, carried along the motion; unlike live, a
 * film can be read in both directions. A frame waits for the end of the next block, so it is coloured from one to two
 * blocks of frames ahead; the answers behind it reach as far as the carried colour does.
 * Blocks are cut by frame number. `carried` is all that the next frame needs of those before it.
 */
export function steadyColor(options: SteadyStageOptions): OperatorFunction<AnsweredFrame, SteadyFrame> {
  return throughStage(() => new SteadyStage(options));
}

/** The most frames that the step holds. */
export function steadyFrames(blockFrames: number): number {
  return 2 * blockFrames;
}

interface Held {
  readonly frame: AnsweredFrame;
  /** From the frames up to this one. */
  readonly carried: ColorState;
}

class SteadyStage implements Stage<AnsweredFrame, SteadyFrame> {
  readonly #options: SteadyStageOptions;
  /** Of two blocks at most; the first one is complete, or starts where the film was resumed. */
  readonly #held: Held[] = [];
  #carried: ColorState;

  constructor(options: SteadyStageOptions) {
    this.#options = options;
    this.#carried = options.state ?? emptyState(options.size);
  }

  push(frame: AnsweredFrame): SteadyFrame[] {
    const { size, blockFrames } = this.#options;
    this.#carried = frame.motion ? carryColor(this.#carried, frame.motion) : emptyState(size);
    this.#blend(this.#carried, frame);
    this.#held.push({ frame, carried: this.#carried });
    const first = this.#held[0]?.frame ?? frame;
    const blockEnd = first.index - (first.index % blockFrames) + blockFrames;
    if (frame.index + 1 < blockEnd + blockFrames) return [];
    return this.#letGo(blockEnd);
  }

  flush(): SteadyFrame[] {
    return this.#letGo(Infinity);
  }

  /** Goes back from the newest frame, and removes the frames before frame `end` with the later answers blended in. */
  #letGo(end: number): SteadyFrame[] {
    const ready: SteadyFrame[] = [];
    let later: AnsweredFrame | undefined;
    let future = emptyState(this.#options.size);
    for (const { frame, carried } of this.#held.toReversed()) {
      if (later) {
        this.#blend(future, later);
        future = later.motion ? carryBack(future, later.motion) : emptyState(this.#options.size);
      }
      if (frame.index < end) ready.push({ ...frame, carried, color: joinColors(carried, future) });
      later = frame;
    }
    this.#held.splice(0, ready.length);
    return ready.reverse();
  }

  /** @param state - modified in place */
  #blend(state: ColorState, { answer }: AnsweredFrame): void {
    if (answer) blendAnswer(state, answer, this.#options.size, this.#options.answerSize);
  }
}
