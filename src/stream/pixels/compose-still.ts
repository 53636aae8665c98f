import { type SizePx, wholeRect } from '../../frame.ts';
import { composeFrames, type FrameLayout, type FramePlanes } from './compose.ts';
import { windowRadius } from './guided.ts';
import { blendAnswer, emptyState } from './steady.ts';

/** The network's answer for a single picture. */
export interface StillJob {
  /** Full-range Y', `[h * w]` */
  readonly small: Uint8Array;
  readonly size: SizePx;
  /** `[2, h, w]` a*, b* of `answerSize` */
  readonly answer: Float32Array;
  readonly answerSize: SizePx;
  /** Multiplies the chroma: 0 = gray, 1 = the network's colour */
  readonly saturation: number;
}

/**
 * Fills a still's chroma planes, as for a film with a single frame.
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
