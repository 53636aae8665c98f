/** What a grid is laid out in; lengths are CSS pixels. */
export interface GridSpace {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly gapPx: number;
  /** Height of a tile's line of text, beside its 16:9 picture. */
  readonly captionPx: number;
  /** Narrower tiles are of no use: the grid scrolls instead. */
  readonly minTilePx: number;
}

export interface GridLayout {
  readonly columns: number;
  readonly tileWidthPx: number;
}

/**
 * The number of columns that makes the tiles largest without scrolling; where even that gives tiles below the least
 * width, as many columns as fit, and the grid scrolls.
 * @param count - of tiles, 1 or more
 */
export function fitGrid(count: number, space: GridSpace): GridLayout {
  let best: GridLayout = { columns: 1, tileWidthPx: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const tileWidthPx = fittingWidth(columns, Math.ceil(count / columns), space);
    if (tileWidthPx > best.tileWidthPx) best = { columns, tileWidthPx };
  }
  if (best.tileWidthPx < space.minTilePx) return scrollingGrid(count, space);
  return isNarrowColumn(best, space) ? widened(best, count, space) : best;
}

/** A tablet held upright: one column would leave a third of the width empty. */
function isNarrowColumn({ columns, tileWidthPx }: GridLayout, space: GridSpace): boolean {
  return columns === 1 && space.heightPx > space.widthPx && tileWidthPx < (space.widthPx * 2) / 3;
}

/** Takes the full width, if that costs no more than one screen of scrolling. */
function widened(layout: GridLayout, count: number, space: GridSpace): GridLayout {
  const tileWidthPx = Math.floor(space.widthPx);
  const tilePx = (tileWidthPx * 9) / 16 + space.captionPx + space.gapPx;
  return count * tilePx <= 2 * space.heightPx ? { columns: 1, tileWidthPx } : layout;
}

function fittingWidth(columns: number, rows: number, space: GridSpace): number {
  const byWidth = columnWidth(columns, space);
  const rowPx = (space.heightPx - (rows - 1) * space.gapPx) / rows;
  const byHeight = ((rowPx - space.captionPx) * 16) / 9;
  return Math.floor(Math.min(byWidth, byHeight));
}

function scrollingGrid(count: number, space: GridSpace): GridLayout {
  const most = Math.floor((space.widthPx + space.gapPx) / (space.minTilePx + space.gapPx));
  const columns = Math.max(1, Math.min(count, most));
  return { columns, tileWidthPx: Math.max(1, Math.floor(columnWidth(columns, space))) };
}

function columnWidth(columns: number, space: GridSpace): number {
  return (space.widthPx - (columns - 1) * space.gapPx) / columns;
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/**
 * Where an arrow key leads in a grid that is filled row by row.
 * @returns an index 0..count-1; `index` itself at an edge
 */
export function neighbour(index: number, direction: Direction, count: number, columns: number): number {
  const steps: Record<Direction, number> = { left: -1, right: 1, up: -columns, down: columns };
  const next = index + steps[direction];
  if (next >= 0 && next < count) return next;
  const isAboveShortRow =
    direction === 'down' && Math.floor(index / columns) < Math.floor((count - 1) / columns);
  return isAboveShortRow ? count - 1 : index;
}
