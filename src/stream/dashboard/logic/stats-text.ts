import { dropCauses, type CameraStatus } from '../../../ingest/live/camera-status.ts';
import type { StreamMode } from './stream-choice.ts';

/** What this page has measured for a camera. */
export interface ViewerStats {
  readonly mode: StreamMode;
  readonly size: { readonly widthPx: number; readonly heightPx: number } | undefined;
  readonly shownFps: number;
  readonly bitsPerS: number;
  /** From the frame in the server to the picture on the screen; undefined until the clocks were compared. */
  readonly latencyMs: number | undefined;
  /** Pictures that arrived but were replaced by a newer one. */
  readonly dropped: number;
}

/** The statistics of a tile as pairs of name and value. */
export function describeStats(status: CameraStatus, viewer: ViewerStats): (readonly [string, string])[] {
  return [
    ['picture', pictureText(viewer)],
    [
      'frames/s',
      `${fixed(status.fpsIn)} in, ${fixed(status.fpsOut)} coloured, ${fixed(viewer.shownFps)} shown`,
    ],
    ['latency', latencyText(status.latencyMs, viewer.latencyMs)],
    ['bitrate', bitrateText(viewer.bitsPerS)],
    ['dropped', dropText(status, viewer.dropped)],
    ['network', `${fixed(status.answersPerS)} answers/s`],
    ['model', `${status.model.name} ${status.model.version}`],
    ['reconnects', `${status.reconnects}`],
    ...(status.machine === undefined ? [] : [['machine', status.machine] as const]),
  ];
}

/** `1.2 Mbit/s`, `640 kbit/s`. */
export function bitrateText(bitsPerS: number): string {
  const kbit = bitsPerS / 1000;
  return kbit >= 1000 ? `${fixed(kbit / 1000)} Mbit/s` : `${Math.round(kbit)} kbit/s`;
}

function pictureText({ mode, size }: ViewerStats): string {
  const kind = mode === 'jpeg' ? 'JPEG' : 'H.264';
  return size === undefined ? kind : `${kind}, ${size.widthPx} × ${size.heightPx}`;
}

function latencyText(serverMs: number | undefined, totalMs: number | undefined): string {
  const total = totalMs === undefined ? 'unknown' : `${Math.max(0, Math.round(totalMs))} ms`;
  return serverMs === undefined ? total : `${total} (${Math.round(serverMs)} ms in the server)`;
}

function dropText({ dropped }: CameraStatus, here: number): string {
  const counts = [...dropCauses.map((cause) => [cause, dropped[cause]] as const), ['page', here] as const];
  const texts = counts.filter(([, count]) => count > 0).map(([cause, count]) => `${cause} ${count}`);
  return texts.length > 0 ? texts.join(', ') : 'none';
}

function fixed(value: number): string {
  return value.toFixed(1);
}
