import { element } from '../elements.ts';
import { fitGrid, neighbour, type Direction } from '../logic/grid-layout.ts';
import type { Tile } from './tile.ts';

/** The tiles in their order, the one that the arrow keys have reached, and the one that is shown alone. */
export class Grid {
  readonly root: HTMLElement = element('ul', { class: 'grid', 'aria-label': 'Cameras' });
  #tiles: readonly Tile[] = [];
  #columns = 1;
  #reached: Tile | undefined;
  #single: Tile | undefined;

  constructor() {
    this.root.setAttribute('role', 'list'); // Safari takes the role from lists without bullets
    new ResizeObserver(() => this.layOut()).observe(this.root);
    this.root.addEventListener('focusin', (event) => {
      const tile = this.tileOf(event.target);
      if (tile !== undefined) this.#reach(tile);
    });
  }

  /** The tiles on the page, in their order. */
  get tiles(): readonly Tile[] {
    return this.#tiles;
  }

  get single(): Tile | undefined {
    return this.#single;
  }

  /** The tiles of the current view: the one in full screen, the one shown alone, or all. */
  get shown(): readonly Tile[] {
    const alone = this.tileOf(document.fullscreenElement) ?? this.#single;
    return alone === undefined ? this.#tiles : [alone];
  }

  /** Shows these tiles in this order; the focus stays where it was. */
  setTiles(tiles: readonly Tile[]): void {
    const focused = document.activeElement;
    for (const tile of this.#tiles) if (!tiles.includes(tile)) tile.root.remove();
    tiles.forEach((tile, index) => {
      const there = this.root.children[index];
      if (there !== tile.root) this.root.insertBefore(tile.root, there ?? null);
    });
    this.#tiles = tiles;
    if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus();
    const reached = tiles.find((tile) => tile === this.#reached) ?? tiles[0];
    for (const tile of tiles) tile.setReachable(tile === reached);
    this.#reached = reached;
    this.layOut();
  }

  /** Shows one tile alone, or all. */
  showSingle(single: Tile | undefined): void {
    const wasSingle = this.#single;
    this.#single = single;
    this.root.classList.toggle('has-single', single !== undefined);
    for (const tile of this.#tiles) tile.root.classList.toggle('is-single', tile === single);
    wasSingle?.resetZoom();
    this.layOut();
    if (single !== undefined) single.root.focus({ preventScroll: true });
    else wasSingle?.openButton.focus();
  }

  /** Moves the focus by an arrow key. */
  moveFocus(direction: Direction): void {
    const index = this.#reached === undefined ? 0 : this.#tiles.indexOf(this.#reached);
    this.#tiles[neighbour(index, direction, this.#tiles.length, this.#columns)]?.openButton.focus();
  }

  /** Focuses the tile that the arrow keys have reached, after another one left the page. */
  focusReached(): void {
    this.#reached?.openButton.focus();
  }

  /** The tile's index after a move by an arrow key. */
  placeBeside(tile: Tile, direction: Direction): number {
    return neighbour(this.#tiles.indexOf(tile), direction, this.#tiles.length, this.#columns);
  }

  /** The tile around an element; undefined outside every tile. */
  tileOf(target: EventTarget | null): Tile | undefined {
    const root = target instanceof Element ? target.closest('.tile') : null;
    return this.#tiles.find((tile) => tile.root === root);
  }

  layOut(): void {
    if (this.#tiles.length === 0) return;
    const style = getComputedStyle(this.root);
    const pixels = (name: string): number => Number.parseFloat(style.getPropertyValue(name));
    const layout = fitGrid(this.#tiles.length, {
      widthPx: this.root.clientWidth - 2 * pixels('--edge'),
      heightPx: this.root.clientHeight - 2 * pixels('--edge'),
      gapPx: pixels('--gap'),
      captionPx: pixels('--caption'),
      minTilePx: pixels('--min-tile'),
    });
    this.#columns = layout.columns;
    this.root.style.setProperty('--columns', `${layout.columns}`);
    this.root.style.setProperty('--tile', `${layout.tileWidthPx}px`);
  }

  #reach(tile: Tile): void {
    if (tile === this.#reached) return;
    this.#reached?.setReachable(false);
    tile.setReachable(true);
    this.#reached = tile;
  }
}
