import type { CameraState } from '../../ingest/live/camera-status.ts';

/**
 * The lines of text for the pictures of a camera that shows nothing new, for viewers that no other message reaches.
 * @returns undefined if the camera is live, connects for the first time, or waits for a viewer
 */
export function offlineCard(state: CameraState): string[] | undefined {
  if (state.kind === 'live' || state.kind === 'connecting' || state.kind === 'idle') return undefined;
  const sinceMs = state.kind === 'stalled' ? state.lastFrameMs : state.sinceMs;
  return [state.kind === 'disabled' ? 'PAUSED' : 'OFFLINE', `SINCE ${localTime(sinceMs)}`];
}

/** Local date and time: 2026-11-24 20:31:07. */
function localTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
