/** A span of buffered video, seconds. */
export interface TimeSpan {
  readonly startS: number;
  readonly endS: number;
}

export interface PlaybackPlan {
  /** Seek to this time now; undefined: keep playing. */
  readonly seekS: number | undefined;
  /** Playback rate. */
  readonly rate: number;
  /** Everything before this time may be removed; undefined: nothing yet. */
  readonly forgetBeforeS: number | undefined;
}

/** If playback is further behind the newest picture than this, it jumps. */
const jumpGapS = 2.5;
const leastGapS = 0.12;
const mostGapS = 1;
/** If the gap is this much too long, playback speeds up, to at most `mostRate`. */
const slackS = 0.1;
const mostRate = 1.25;
const keptBehindS = 4;
const forgottenAtOnceS = 4;

/**
 * Plans how to stay close to the newest picture: two frame times behind it, so that playback does not stall between two
 * fragments. A small lag is caught up by faster playback, a large one by a jump. Outside every span it jumps immediately.
 * @param currentS - current time of the video element, seconds
 * @param spans - the buffered spans, in order
 * @param frameS - time between two pictures, seconds
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
