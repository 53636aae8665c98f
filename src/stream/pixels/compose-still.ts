import { type SizePx, wholeRect } from '../../frame.ts';
import { composeFrames, type FrameLayout, type FramePlanes } from './compose.ts';
import { windowRadius } from './guided.ts';
import { blendAnswer, emptyState } from './steady.ts';

/** What the network said of a picture by itself. */
export interface StillJob {
  /** Full-range Y', `[h * w]` */
  readonly small: Uint8Array;
  readonly size: SizePx;
  /** `[2, h, w]` a*, b* of `answerSize` */
  readonly answer: Float32Array;
  readonly answerSize: SizePx;
  /** Chroma is multiplied by this: 0 = gray, 1 = as the network says */
  readonly saturation: number;
}

/**
 * Fills a still picture's chroma planes: as a film's frame, with nothing before or after it.
 * @param planes - Y (BT.601) is read, Cb and Cr are written
 */
export function composeStill(planes: FramePlanes, layout: FrameLayout, job: StillJob): void {
  const { small, size, answer, answerSize, saturation } = job;
  const color = emptyState(size);
  blendAnswer(color, answer, size, answerSize);
  const radiusPx = windowRadius(size.widthPx / answerSize.widthPx);
  composeFrames(
    [{ planes, layout, rect: wholeRect(layout) }],
    { small, ...color, size, radiusPx, saturation },
    'bt601',
  );
}
