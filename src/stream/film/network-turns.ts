/** Decides which frames the network sees. Only content and frame count matter, so every run decides the same way. */
import type { MovingFrame, NetworkTurn } from './film-frame.ts';

/** Before a film's first frame. */
export const firstTurn: NetworkTurn = { sinceAnswer: 0, unseen: 0, askedMean: 0, answers: 0 };

/** If more than this share of a frame was not seen before, the network sees it immediately. */
const uncoveredLimit = 0.06;
/**
 * Below these values nothing has changed since the last answer. A still camera's frames add 0.0002 each, traffic 0.01
 * and more.
 */
const changed = { unseen: 0.02, meanLevels: 3 } as const;
/** After this many answers the mean colour of a still picture hardly changes. */
const settledAnswers = 5;
/** The network sees frames of a still picture less often by this factor. */
const stillFactor = 8;

/** What decides about a frame. */
export interface ShownFrame extends Pick<MovingFrame, 'motion' | 'isSceneStart'> {
  /** Mean luma of its small copy, levels. */
  readonly mean: number;
}

/**
 * Decides about the next frame. The network sees it immediately if much of it is new. Otherwise it sees every
 * `every`-th frame while something changes or the scene is new, and fewer frames of a still picture.
 * @param every - frames between two answers while something moves
 */
export function nextTurn(
  turn: NetworkTurn,
  { motion, mean, isSceneStart }: ShownFrame,
  every: number,
): NetworkTurn {
  const answers = isSceneStart || !motion ? 0 : turn.answers;
  const sinceAnswer = turn.sinceAnswer + 1;
  const unseen = turn.unseen + (motion?.uncovered ?? 1);
  const hasChanged = unseen > changed.unseen || Math.abs(mean - turn.askedMean) > changed.meanLevels;
  const isNew = !motion || motion.uncovered > uncoveredLimit;
  const isDue = sinceAnswer >= (hasChanged || answers < settledAnswers ? every : every * stillFactor);
  if (!isNew && !isDue) return { ...turn, sinceAnswer, unseen, answers };
  return { sinceAnswer: 0, unseen: 0, askedMean: mean, answers: Math.min(answers + 1, settledAnswers) };
}
