import type { CameraState } from '../../ingest/live/camera-status.ts';
import { wallTimeOf } from './epoch.ts';

/** A camera's state as viewers see it. Its times follow the machine's clock as it is set now. */
export function toldState(state: CameraState): CameraState {
  const sinceMs = wallTimeOf(state.sinceMs);
  if ('retryMs' in state) return { ...state, sinceMs, retryMs: wallTimeOf(state.retryMs) };
  if (state.kind === 'stalled') return { ...state, sinceMs, lastFrameMs: wallTimeOf(state.lastFrameMs) };
  return { ...state, sinceMs };
}
