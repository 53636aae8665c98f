import type { Grid } from './tiles/grid.ts';
import type { KeyActions, PageKey, TileKey } from './keyboard.ts';
import type { Direction } from './logic/grid-layout.ts';
import { panBy } from './logic/zoom-view.ts';
import type { Navigation } from './navigation.ts';
import type { Tile } from './tiles/tile.ts';

const panStep = 0.1;
const zoomStep = 1.5;

export interface ShortcutHost {
  readonly grid: Grid;
  readonly navigation: Navigation;
  hasLetters(): boolean;
  moveTile(tile: Tile, direction: Direction): void;
  hide(tile: Tile): void;
  pictureInPicture(tile: Tile): void;
  press(key: PageKey): void;
}

/** What each key does to the camera that is shown alone or has the focus. */
export function createShortcuts(host: ShortcutHost): KeyActions {
  const { grid, navigation } = host;
  const target = (): Tile | undefined => grid.single ?? grid.tileOf(document.activeElement);
  return {
    hasLetters: () => host.hasLetters(),
    arrow: (direction, hasShift) => {
      const tile = target();
      if (grid.single !== undefined) arrowAlone(grid.single, direction, host);
      else if (hasShift && tile !== undefined) host.moveTile(tile, direction);
      else grid.moveFocus(direction);
    },
    escape: () => navigation.close(),
    // If no tile has the focus, all tiles show their originals.
    hold: (isHeld) => {
      const tile = target();
      for (const other of grid.tiles) other.hold(isHeld && (tile === undefined || other === tile));
    },
    press: (key) => {
      const tile = target();
      if (key === 'i' || key === ',' || key === '?') host.press(key);
      else if (tile !== undefined) pressOn(tile, key, host);
    },
  };
}

function arrowAlone(tile: Tile, direction: Direction, host: ShortcutHost): void {
  const { view } = tile;
  if (view.zoom.scale > 1) {
    const [x, y] = { left: [1, 0], right: [-1, 0], up: [0, 1], down: [0, -1] }[direction] as [number, number];
    view.setZoom(panBy(view.zoom, x * panStep, y * panStep));
  } else if (direction === 'left' || direction === 'right')
    host.navigation.step(direction === 'left' ? -1 : 1);
}

function pressOn(tile: Tile, key: TileKey, host: ShortcutHost): void {
  const isSingle = tile === host.grid.single;
  const actions: Record<TileKey, () => void> = {
    c: () => tile.toggleComparing(),
    s: () => tile.tools.snapshot.click(),
    f: () => tile.toggleFullscreen(),
    p: () => host.pictureInPicture(tile),
    h: () => {
      if (!isSingle) host.hide(tile);
    },
    '+': () => {
      if (isSingle) tile.zoomBy(zoomStep);
    },
    '-': () => {
      if (isSingle) tile.zoomBy(1 / zoomStep);
    },
    '0': () => {
      if (isSingle) tile.resetZoom();
    },
  };
  actions[key]();
}
