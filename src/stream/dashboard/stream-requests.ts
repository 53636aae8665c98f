import type { DashboardSettings } from './logic/settings-format.ts';
import { chooseMode, requestFor } from './logic/stream-choice.ts';
import type { PictureInPicture } from './players/picture-in-picture.ts';
import { streamsAtMost, type StreamRequest } from '../publish/protocol.ts';
import type { Tile } from './tiles/tile.ts';

/** What decides which pictures are asked for. */
export interface RequestContext {
  readonly settings: DashboardSettings;
  /** The tiles that there is room for, scrolled out of sight or not. */
  readonly shown: readonly Tile[];
  readonly hasVideo: boolean;
  /** The page is seen, or was a moment ago. */
  readonly isSeen: boolean;
  readonly pictureInPicture: PictureInPicture;
}

/**
 * Prepares each tile for what it will get and gives what to ask the server for: pictures of the size that they have on
 * the screen, for tiles on the screen; for the picture in picture always. The server gives so many streams and no more.
 */
export function updateRequests(tiles: readonly Tile[], context: RequestContext): StreamRequest[] {
  const { settings, pictureInPicture } = context;
  const seen = context.shown.filter((tile) => tile.isOnScreen && context.isSeen);
  const mode = chooseMode({
    setting: settings.mode,
    tiles: context.shown.length, // not those in sight: scrolling must not change the mode
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
    // Video stops in a hidden tab, single pictures go on.
    const tileMode = isInWindow(tile) ? 'jpeg' : mode;
    tile.setMode(tileMode);
    const heightPx = Math.max(isInWindow(tile) ? 360 : 0, tile.neededHeightPx);
    return requestFor(tile.id, { mode: tileMode, heightPx, isLowBandwidth: settings.isLowBandwidth });
  });
}
