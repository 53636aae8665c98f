import type { Grid } from './grid.ts';
import type { Tile } from './tile.ts';

/**
 * Lets the user drag tiles by their caption to another position.
 * @param onDrop - receives the dragged tile and its new index
 */
export function addReordering(grid: Grid, onDrop: (tile: Tile, index: number) => void): void {
  let dragged: Tile | undefined;
  let over: Tile | undefined;
  const mark = (tile: Tile | undefined): void => {
    over?.root.classList.remove('is-target');
    over = tile;
    over?.root.classList.add('is-target');
  };
  grid.root.addEventListener('dragstart', (event) => {
    dragged = grid.tileOf(event.target);
    if (dragged === undefined || grid.single !== undefined || event.dataTransfer === null) {
      event.preventDefault();
      return;
    }
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', dragged.status.name); // Firefox drags only elements that carry data
  });
  grid.root.addEventListener('dragover', (event) => {
    if (dragged === undefined) return;
    event.preventDefault();
    const tile = grid.tileOf(event.target);
    if (tile !== over) mark(tile === dragged ? undefined : tile);
  });
  grid.root.addEventListener('drop', (event) => {
    event.preventDefault();
    const tile = grid.tileOf(event.target);
    if (dragged !== undefined && tile !== undefined) onDrop(dragged, grid.tiles.indexOf(tile));
  });
  grid.root.addEventListener('dragend', () => {
    dragged = undefined;
    mark(undefined);
  });
}
