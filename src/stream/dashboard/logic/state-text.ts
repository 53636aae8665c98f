import type { CameraState, CameraStatus } from '../../../ingest/live/camera-status.ts';

/** How a state is coloured: `good`: pictures arrive; `waiting`: they should soon; `bad`: they do not; `off`: paused. */
export type Tone = 'good' | 'waiting' | 'bad' | 'off';

export interface StateText {
  readonly text: string;
  readonly tone: Tone;
}

/**
 * Describes a camera's state.
 * @param nowMs - the server's clock, ms since the epoch
 * @param formatClockTime - formats a time for people, from that time and the current time, ms since the epoch
 */
export function describeState(
  state: CameraState,
  nowMs: number,
  formatClockTime: (ms: number, nowMs: number) => string,
): StateText {
  switch (state.kind) {
    case 'connecting':
      return { text: 'connecting', tone: 'waiting' };
    case 'live':
      return { text: 'live', tone: 'good' };
    case 'stalled':
      return { text: `stalled, no picture for ${seconds(nowMs - state.lastFrameMs)} s`, tone: 'waiting' };
    case 'reconnecting':
      return { text: `reconnecting ${retryText(state.retryMs, nowMs)}`, tone: 'waiting' };
    case 'offline':
      return { text: `offline since ${formatClockTime(state.sinceMs, nowMs)}`, tone: 'bad' };
    case 'refused':
      return { text: `refused: ${state.reason}`, tone: 'bad' };
    case 'idle':
      return { text: 'connects when somebody watches', tone: 'off' };
    case 'disabled':
      return { text: 'disabled', tone: 'off' };
  }
}

/** When the next attempt starts: `in 4 s` or `now`. Both times are from the same clock. */
export function retryText(retryMs: number, nowMs: number): string {
  return retryMs - nowMs < 500 ? 'now' : `in ${seconds(retryMs - nowMs)} s`;
}

/** What the picture shows while the camera uses infrared; undefined by day. */
export function describeNight(
  status: Pick<CameraStatus, 'isNight' | 'nightShows' | 'isOwnColor'>,
): string | undefined {
  if (!status.isNight || status.isOwnColor === true) return undefined;
  const shown = { gray: 'no colour', background: "daylight's colour", color: 'guessed colour' };
  return `infrared: ${shown[status.nightShows]}`;
}

/**
 * The sentence at the bottom of the page.
 * @param shown - the cameras that are shown
 * @param notice - says that the colour is synthetic
 */
export function describeNotice(shown: readonly Pick<CameraStatus, 'isOwnColor'>[], notice: string): string {
  const areAllOwn = shown.length > 0 && shown.every(({ isOwnColor }) => isOwnColor === true);
  return areAllOwn ? 'The colour is the one that the cameras send.' : notice;
}

/** The usual case, which the notice at the bottom of the page says for all pictures. */
export const syntheticColour = 'synthetic colour';

/**
 * What a tile says about the colour of its picture: nothing over a gray picture.
 * @param isOriginal - the whole picture shows the original
 */
export function describeColour(
  status: Pick<CameraStatus, 'isNight' | 'nightShows' | 'isOwnColor'>,
  isOriginal: boolean,
): string {
  if (isOriginal) return 'original';
  if (status.isOwnColor === true) return "the camera's own colour";
  return status.isNight && status.nightShows === 'gray' ? '' : syntheticColour;
}

/** `14:05`, or `3 Nov, 14:05` if it is another day. Local time, in the browser's language. */
export function formatClockTime(ms: number, nowMs: number): string {
  const moment = new Date(ms);
  const time = moment.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
  if (moment.toDateString() === new Date(nowMs).toDateString()) return time;
  return `${moment.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })}, ${time}`;
}

/** Summarises all cameras: `5 of 7 live, 1 offline`. */
export function describeAll(states: readonly CameraState[]): string {
  const count = (...kinds: readonly CameraState['kind'][]): number =>
    states.filter((state) => kinds.includes(state.kind)).length;
  const waiting = count('connecting', 'stalled', 'reconnecting');
  return [
    `${count('live')} of ${states.length} live`,
    ...(waiting > 0 ? [`${waiting} reconnecting`] : []),
    ...(count('offline') > 0 ? [`${count('offline')} offline`] : []),
    ...(count('idle') > 0 ? [`${count('idle')} not watched`] : []),
    ...(count('disabled') > 0 ? [`${count('disabled')} disabled`] : []),
  ].join(', ');
}

function seconds(ms: number): number {
  return Math.max(0, Math.round(ms / 1000));
}
