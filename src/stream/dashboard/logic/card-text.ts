import type { CameraState } from '../../../ingest/live/camera-status.ts';
import { retryText } from './state-text.ts';

/** The longest reason that a card shows. */
const maxReasonChars = 120;

/**
 * The text of the card over a picture: what is wrong, why, and when the next attempt starts; one line each.
 * @param nowMs - the server's clock, ms since the epoch
 * @returns undefined if the picture needs no card
 */
export function describeCard(state: CameraState, nowMs: number, hasPicture: boolean): string | undefined {
  if (state.kind === 'disabled') return hasPicture ? undefined : 'PAUSED';
  if (state.kind !== 'offline' && state.kind !== 'reconnecting') return undefined;
  const title = state.kind === 'offline' ? 'OFFLINE' : 'RECONNECTING';
  const reason = state.reason.replace(/\s+/g, ' ').trim().slice(0, maxReasonChars);
  const next = `next attempt ${retryText(state.retryMs, nowMs)}`;
  return [title, reason, next].filter((line) => line !== '').join('\n');
}
