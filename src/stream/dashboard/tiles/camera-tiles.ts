import type { CameraStatus } from '../../../ingest/live/camera-status.ts';
import type { Grid } from './grid.ts';
import { sortCameras } from '../logic/camera-order.ts';
import type { DashboardSettings } from '../logic/settings-format.ts';
import { Tile, type TileHost } from './tile.ts';

/** Tiles this close to the screen already get pictures. */
const nearScreen = '120px';

/** One tile for each camera of the server, in the user's order, without the hidden ones. */
export class CameraTiles {
  readonly #tiles = new Map<string, Tile>();
  readonly #grid: Grid;
  readonly #host: TileHost;
  readonly #screen: IntersectionObserver;
  readonly #sizes: ResizeObserver;
  #cameras: readonly CameraStatus[] = [];

  /** @param onLayout - called when tiles enter or leave the screen, or change size */
  constructor(grid: Grid, host: TileHost, onLayout: () => void) {
    this.#grid = grid;
    this.#host = host;
    this.#sizes = new ResizeObserver(onLayout);
    this.#screen = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const tile = grid.tileOf(target);
          if (tile !== undefined) tile.isOnScreen = isIntersecting;
        }
        onLayout();
      },
      { rootMargin: nearScreen, scrollMargin: nearScreen },
    );
  }

  get(id: string): Tile | undefined {
    return this.#tiles.get(id);
  }

  get all(): readonly Tile[] {
    return [...this.#tiles.values()];
  }

  get states(): readonly CameraStatus['state'][] {
    return this.all.map((tile) => tile.status.state);
  }

  /** All cameras in the user's order, hidden ones included. */
  sorted(settings: DashboardSettings): CameraStatus[] {
    return sortCameras(this.#cameras, settings.order);
  }

  /** Applies the server's list: adds new and renamed cameras, removes those that are gone, updates the rest. */
  setCameras(cameras: readonly CameraStatus[]): void {
    this.#cameras = cameras;
    for (const [id, tile] of this.#tiles) {
      const isKept = cameras.some((camera) => camera.id === id && camera.name === tile.status.name);
      if (!isKept) this.#remove(id, tile);
    }
    for (const camera of cameras) {
      const tile = this.#tiles.get(camera.id);
      if (tile === undefined) this.#add(camera);
      else tile.status = camera;
    }
  }

  setStatus(status: CameraStatus): void {
    const tile = this.#tiles.get(status.id);
    if (tile !== undefined) tile.status = status;
    this.#cameras = this.#cameras.map((camera) => (camera.id === status.id ? status : camera));
  }

  /** Puts the tiles into the grid. @param shownAnyway - the tile that is shown alone stays, even if hidden */
  arrange(settings: DashboardSettings, shownAnyway: Tile | undefined): void {
    const shown = this.sorted(settings)
      .map(({ id }) => this.#tiles.get(id))
      .filter((tile) => tile !== undefined)
      .filter((tile) => tile === shownAnyway || !settings.hidden.includes(tile.id));
    for (const tile of this.#tiles.values()) if (!shown.includes(tile)) tile.isOnScreen = false;
    this.#grid.setTiles(shown);
  }

  #add(camera: CameraStatus): void {
    const tile = new Tile(camera, this.#host);
    this.#tiles.set(camera.id, tile);
    this.#screen.observe(tile.root);
    this.#sizes.observe(tile.view.root);
  }

  #remove(id: string, tile: Tile): void {
    tile.stopPlayer();
    this.#screen.unobserve(tile.root);
    this.#sizes.unobserve(tile.view.root);
    this.#tiles.delete(id);
  }
}
