import type { SizePx } from '../frame.ts';
import type { AnsweredFrame, SteadyFrame } from './film-frame.ts';
import { blendAnswer, carryColor, emptyState, type ColorState } from './pixels/steady.ts';

/**
 * Carries colour from frame to frame and blends the network's answers in: one step a frame, in order.
 * The state after a frame is all that the next one needs.
 */
export class SteadyStage {
  private readonly size: SizePx;
  private readonly answerSize: SizePx;
  private state: ColorState;

  /** @param state - to go on from; not modified */
  constructor(size: SizePx, answerSize: SizePx, state?: ColorState) {
    this.size = size;
    this.answerSize = answerSize;
    this.state = state ?? emptyState(size);
  }

  /** @returns the frame with its colour; the arrays are not touched again */
  step(frame: AnsweredFrame): SteadyFrame {
    const color = frame.motion ? carryColor(this.state, frame.motion) : emptyState(this.size);
    if (frame.answer) blendAnswer(color, frame.answer, this.size, this.answerSize);
    this.state = color;
    return { ...frame, color };
  }
}
