import type { StreamRequest } from '../../publish/protocol.ts';
import type { ModeSetting } from './settings-format.ts';

export type StreamMode = StreamRequest['mode'];

const heightSteps = [180, 360, 540, 720, 1080] as const;
const lowBandwidthHeightPx = 360;
const lowBandwidthFps = 2;
const mostJpegTiles = 4;

/**
 * Chooses the format of pictures. JPEG has the least delay and can drop single pictures; video needs a third of the bytes.
 * @param tiles - how many cameras are shown
 * @param hasVideo - whether the browser plays fragmented MP4 by Media Source Extensions
 */
export function chooseMode(options: {
  readonly setting: ModeSetting;
  readonly tiles: number;
  readonly isLowBandwidth: boolean;
  readonly hasVideo: boolean;
}): StreamMode {
  if (!options.hasVideo || options.setting === 'jpeg') return 'jpeg';
  if (options.setting === 'video') return 'fmp4';
  return options.isLowBandwidth || options.tiles > mostJpegTiles ? 'fmp4' : 'jpeg';
}

/**
 * The smallest of 180, 360, 540, 720 and 1080 that fills the picture's area on the screen.
 * @param heightPx - height of that area, pixels of the screen
 */
export function stepHeight(heightPx: number): number {
  return heightSteps.find((step) => step >= heightPx) ?? heightSteps[heightSteps.length - 1] ?? 1080;
}

/**
 * Makes the request for one camera.
 * @param heightPx - height of the picture on the screen, pixels of the screen
 */
export function requestFor(
  camera: string,
  options: { readonly mode: StreamMode; readonly heightPx: number; readonly isLowBandwidth: boolean },
): StreamRequest {
  const { mode, isLowBandwidth } = options;
  const heightPx = stepHeight(options.heightPx);
  if (!isLowBandwidth) return { camera, mode, heightPx };
  const low = { camera, mode, heightPx: Math.min(heightPx, lowBandwidthHeightPx) };
  return mode === 'jpeg' ? { ...low, fps: lowBandwidthFps } : low;
}
