/** A stretch of buffered video, seconds. */
export interface TimeSpan {
  readonly startS: number;
  readonly endS: number;
}

export interface PlaybackPlan {
  /** Go there at once; undefined: play on. */
  readonly seekS: number | undefined;
  /** How fast to play. */
  readonly rate: number;
  /** Everything before may be forgotten; undefined: nothing yet. */
  readonly forgetBeforeS: number | undefined;
}

/** Behind the newest picture by more than this, playback jumps. */
const jumpGapS = 2.5;
const leastGapS = 0.12;
const mostGapS = 1;
/** Gaps that are this much too long are played away faster, never above `mostRate`. */
const slackS = 0.1;
const mostRate = 1.25;
const keptBehindS = 4;
const forgottenAtOnceS = 4;

/**
 * How to stay close to the newest picture: two frame times behind it, so that playback does not run dry between two
 * fragments. A small lag is played away, a large one is jumped over, and time outside every span is left at once.
 * @param currentS - the element's time
 * @param spans - what is buffered, in order
 * @param frameS - time between two pictures
 */
export function planPlayback(currentS: number, spans: readonly TimeSpan[], frameS: number): PlaybackPlan {
  const last = spans.at(-1);
  if (last === undefined) return { seekS: undefined, rate: 1, forgetBeforeS: undefined };
  const targetGapS = Math.max(leastGapS, Math.min(mostGapS, 2 * frameS));
  const liveS = Math.max(last.startS, last.endS - targetGapS);
  const gapS = last.endS - currentS;
  const isOutside = currentS < last.startS || gapS < -frameS;
  const seekS = isOutside || gapS > jumpGapS + targetGapS ? liveS : undefined;
  const lagS = gapS - targetGapS;
  const isLate = seekS === undefined && lagS > slackS;
  return {
    seekS,
    rate: isLate ? Math.min(mostRate, 1 + lagS / 4) : 1,
    forgetBeforeS: forgettable((seekS ?? currentS) - keptBehindS, spans),
  };
}

function forgettable(beforeS: number, spans: readonly TimeSpan[]): number | undefined {
  const first = spans[0];
  return first !== undefined && beforeS - first.startS > forgottenAtOnceS ? beforeS : undefined;
}
