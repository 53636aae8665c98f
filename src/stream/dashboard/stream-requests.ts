import type { DashboardSettings } from './logic/settings-format.ts';
import { chooseMode, requestFor } from './logic/stream-choice.ts';
import type { PictureInPicture } from './players/picture-in-picture.ts';
import { streamsAtMost, type StreamRequest } from '../publish/protocol.ts';
import type { Tile } from './tiles/tile.ts';

/** What decides which pictures are requested. */
export interface RequestContext {
  readonly settings: DashboardSettings;
  /** The tiles of the current view, including those that are scrolled out of sight. */
  readonly shown: readonly Tile[];
  readonly hasVideo: boolean;
  /** Whether the page is visible, or was a moment ago. */
  readonly isSeen: boolean;
  readonly pictureInPicture: PictureInPicture;
}

/**
 * Prepares each tile for its stream and returns what to request from the server: for tiles on the screen, pictures in
 * the size that they have there. The picture-in-picture window always gets its stream. The server limits the number.
 */
export function updateRequests(tiles: readonly Tile[], context: RequestContext): StreamRequest[] {
  const { settings, pictureInPicture } = context;
  const seen = context.shown.filter((tile) => tile.isOnScreen && context.isSeen);
  const mode = chooseMode({
    setting: settings.mode,
    tiles: context.shown.length, // all tiles, because scrolling must not change the mode
    isLowBandwidth: settings.isLowBandwidth,
    hasVideo: context.hasVideo,
  });
  const isInWindow = (tile: Tile): boolean => pictureInPicture.shows(tile.view.colour);
  const wanted = tiles
    .filter((tile) => tile.status.state.kind !== 'disabled' && (isInWindow(tile) || seen.includes(tile)))
    .sort((a, b) => Number(isInWindow(b)) - Number(isInWindow(a)))
    .slice(0, streamsAtMost);
  for (const tile of tiles) if (!wanted.includes(tile)) tile.setMode(undefined);
  return wanted.map((tile) => {
    // Video stops in a hidden tab; single pictures do not.
    const tileMode = isInWindow(tile) ? 'jpeg' : mode;
    tile.setMode(tileMode);
    const heightPx = Math.max(isInWindow(tile) ? 360 : 0, tile.neededHeightPx);
    return requestFor(tile.id, { mode: tileMode, heightPx, isLowBandwidth: settings.isLowBandwidth });
  });
}
