import type { MotionArrays } from '../motion.ts';

/** A pixel at its own place with a lower confidence has changed. */
export const leastConfidence = 0.5;

/** The number of pixels that moved or whose luma changed. */
export function countMoving({ source, confidence }: MotionArrays): number {
  let moving = 0;
  for (let i = 0; i < source.length; i++) if (source[i] !== i || confidence[i]! < leastConfidence) moving++;
  return moving;
}
