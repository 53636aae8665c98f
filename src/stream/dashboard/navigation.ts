import type { CameraTiles } from './tiles/camera-tiles.ts';
import type { Grid } from './tiles/grid.ts';
import { cameraLink, readCameraLink } from './logic/deep-link.ts';
import type { Tile } from './tiles/tile.ts';

/** Which camera is shown alone. The URL contains it too, so that links and the back button work. */
export class Navigation {
  readonly #grid: Grid;
  readonly #tiles: CameraTiles;
  readonly #onPlace: (single: Tile | undefined) => void;

  constructor(grid: Grid, tiles: CameraTiles, onPlace: (single: Tile | undefined) => void) {
    this.#grid = grid;
    this.#tiles = tiles;
    this.#onPlace = onPlace;
    addEventListener('popstate', () => this.follow());
  }

  /** Shows the camera in the URL, or all cameras if the URL names none that exists. */
  follow(): void {
    const id = readCameraLink(location.hash);
    const single = id === undefined ? undefined : this.#tiles.get(id);
    if (single === this.#grid.single) return;
    this.#onPlace(single);
    this.#grid.showSingle(single);
  }

  open(id: string): void {
    if (this.#grid.single === undefined) history.pushState({ isFromGrid: true }, '', cameraLink(id));
    else history.replaceState(history.state, '', cameraLink(id));
    this.follow();
  }

  /** Returns to all cameras. It goes back in the browser's history if possible, so that entries do not pile up. */
  close(): void {
    const state: unknown = history.state;
    if (this.#grid.single === undefined) return;
    if (typeof state === 'object' && state !== null && 'isFromGrid' in state) history.back();
    else {
      history.replaceState(null, '', location.pathname + location.search);
      this.follow();
    }
  }

  /** Shows the next camera alone, or the previous one (-1). */
  step(by: -1 | 1): void {
    const { tiles, single } = this.#grid;
    const next = single === undefined ? undefined : tiles[tiles.indexOf(single) + by];
    if (next !== undefined) this.open(next.id);
  }
}
