import type { OperatorFunction } from 'rxjs';
import type { SizePx } from '../../frame.ts';
import type { AnsweredFrame, SteadyFrame } from './film-frame.ts';
import type { PixelMath } from '../pixels/pixel-math.ts';
import { clearState, emptyState, type ColorState } from '../pixels/steady.ts';
import { throughStage, type Stage } from './paced.ts';

export interface SteadyStageOptions {
  readonly size: SizePx;
  readonly answerSize: SizePx;
  /** Frames are released in blocks of this length, each when the next block is complete. */
  readonly blockFrames: number;
  /** Works on the frames' buffers. */
  readonly math: PixelMath;
  /** The colour carried so far, as a start; not modified. */
  readonly state?: ColorState | undefined;
}

/**
 * Gives each frame the mean of the network's answers before and after it, carried along the motion. Unlike a camera, a
 * film can be read in both directions. A frame waits for the end of the next block, so it uses answers from up to one
 * or two blocks ahead, and earlier answers as far as colour is carried. Blocks are cut by frame number. `carried` is
 * everything that the next frame needs from the frames before it. Frames that keep the source's colour are skipped: that
 * colour is stored where the network's would be.
 */
export function steadyColor(options: SteadyStageOptions): OperatorFunction<AnsweredFrame, SteadyFrame> {
  return throughStage(() => new SteadyStage(options));
}

/** The most frames that the step holds. */
export function steadyFrames(blockFrames: number): number {
  return 2 * blockFrames;
}

class SteadyStage implements Stage<AnsweredFrame, SteadyFrame> {
  readonly #options: SteadyStageOptions;
  /** The frames of at most two blocks. The first block is complete, or starts where the film was resumed. */
  readonly #held: AnsweredFrame[] = [];
  /** The colour state of the newest frame. */
  #carried: ColorState | undefined;
  /** The colour state of a frame that keeps its source's colour; never written. */
  readonly #noColor: ColorState;
  /** The colour of a frame from its own answer and the answers of later frames. */
  readonly #withAnswer: ColorState;

  constructor(options: SteadyStageOptions) {
    this.#options = options;
    this.#carried = options.state;
    this.#noColor = emptyState(options.size);
    this.#withAnswer = emptyState(options.size);
  }

  push(frame: AnsweredFrame): SteadyFrame[] {
    const { blockFrames } = this.#options;
    this.#carried = frame.scene.isOwn ? this.#noColor : this.#carryTo(frame);
    this.#held.push(frame);
    const first = this.#held[0] ?? frame;
    const blockEnd = first.index - (first.index % blockFrames) + blockFrames;
    if (frame.index + 1 < blockEnd + blockFrames) return [];
    return this.#letGo(blockEnd);
  }

  /** Brings the colour carried so far to the next frame, and takes in its answer. */
  #carryTo(frame: AnsweredFrame): ColorState {
    const { carried } = frame.buffer;
    if (frame.motion && this.#carried) this.#options.math.carry(this.#carried, carried, frame.motion);
    else clearState(carried);
    this.#blend(carried, frame);
    return carried;
  }

  flush(): SteadyFrame[] {
    return this.#letGo(Infinity);
  }

  /** Goes back from the newest frame, and removes the frames before frame `end`, with the later answers blended in. */
  #letGo(end: number): SteadyFrame[] {
    const ready: SteadyFrame[] = [];
    let later: AnsweredFrame | undefined;
    for (const frame of this.#held.toReversed()) {
      if (!frame.scene.isOwn) this.#lookBack(later, frame.buffer.color);
      this.#joinBefore(end, later);
      if (frame.index < end) ready.push(this.#steady(frame));
      later = frame;
    }
    this.#joinBefore(end, later);
    this.#held.splice(0, ready.length);
    return ready.reverse();
  }

  #steady(frame: AnsweredFrame): SteadyFrame {
    const { isOwn } = frame.scene;
    const { carried, color } = isOwn ? { carried: this.#noColor, color: this.#noColor } : frame.buffer;
    return { ...frame, color, carried: frame.endsSegment ? copyOf(carried) : undefined };
  }

  /** Once the previous frame has used it, a frame's colour becomes the shown colour. */
  #joinBefore(end: number, frame: AnsweredFrame | undefined): void {
    if (frame && frame.index < end && !frame.scene.isOwn)
      this.#options.math.join(frame.buffer.carried, frame.buffer.color);
  }

  /**
   * Carries the colour from a frame and the frames after it back to the previous frame.
   * @param color - of the previous frame; overwritten
   */
  #lookBack(frame: AnsweredFrame | undefined, color: ColorState): void {
    if (!frame?.motion) {
      clearState(color);
      return;
    }
    const { math } = this.#options;
    let future = frame.buffer.color;
    if (frame.answer) {
      this.#withAnswer.ab.set(future.ab);
      this.#withAnswer.weight.set(future.weight);
      future = this.#withAnswer;
      this.#blend(future, frame);
    }
    math.carryBack(future, color, frame.motion);
  }

  /** @param state - modified in place */
  #blend(state: ColorState, { answer }: AnsweredFrame): void {
    const { size, answerSize, math } = this.#options;
    if (answer) math.blend(state, answer, size, answerSize);
  }
}

function copyOf({ ab, weight }: ColorState): ColorState {
  return { ab: ab.slice(), weight: weight.slice() };
}
