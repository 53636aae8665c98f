import test from 'ava';
import { moveId, sortCameras } from '../../../src/stream/dashboard/logic/camera-order.ts';
import { cameraLink, readCameraLink } from '../../../src/stream/dashboard/logic/deep-link.ts';
import { fitGrid, neighbour, type GridSpace } from '../../../src/stream/dashboard/logic/grid-layout.ts';
import { panBy, unzoomed, zoomAt } from '../../../src/stream/dashboard/logic/zoom-view.ts';

const space: GridSpace = { widthPx: 1440, heightPx: 820, gapPx: 6, captionPx: 30, minTilePx: 300 };

const area = (columns: number, count: number): number => {
  const rows = Math.ceil(count / columns);
  const byWidth = (space.widthPx - (columns - 1) * space.gapPx) / columns;
  const byHeight = (((space.heightPx - (rows - 1) * space.gapPx) / rows - space.captionPx) * 16) / 9;
  return Math.min(byWidth, byHeight);
};

for (const count of [1, 2, 3, 4, 5, 7, 9, 12]) {
  test(`no number of columns gives ${count} tiles more room than the one chosen`, (t) => {
    const { columns, tileWidthPx } = fitGrid(count, space);
    const best = Math.max(...Array.from({ length: count }, (_, i) => area(i + 1, count)));
    t.is(tileWidthPx, Math.floor(best));
    t.is(Math.floor(area(columns, count)), tileWidthPx);
  });
}

test('a phone gets one column that fills its width and scrolls', (t) => {
  t.deepEqual(fitGrid(7, { ...space, widthPx: 390, heightPx: 700 }), { columns: 1, tileWidthPx: 390 });
});

test('a tablet held upright gets the full width, where half of it would stay empty', (t) => {
  const space = { widthPx: 808, heightPx: 1090, gapPx: 6, captionPx: 30, minTilePx: 300 };
  t.deepEqual(fitGrid(4, space), { columns: 1, tileWidthPx: 808 });
  t.is(fitGrid(2, space).tileWidthPx, 808);
  t.is(fitGrid(8, space).columns, 2);
});

test('forty cameras on a desktop get as many columns of the minimum width as fit', (t) => {
  const { columns, tileWidthPx } = fitGrid(40, space);
  t.is(columns, 4);
  t.is(tileWidthPx, Math.floor((1440 - 3 * 6) / 4));
});

test('a space narrower than a tile still gets one column', (t) => {
  t.deepEqual(fitGrid(3, { ...space, widthPx: 200 }), { columns: 1, tileWidthPx: 200 });
});

test('arrow keys go to the neighbour and stop at the edges', (t) => {
  t.is(neighbour(0, 'right', 7, 3), 1);
  t.is(neighbour(2, 'right', 7, 3), 3);
  t.is(neighbour(0, 'left', 7, 3), 0);
  t.is(neighbour(1, 'up', 7, 3), 1);
  t.is(neighbour(4, 'up', 7, 3), 1);
  t.is(neighbour(6, 'down', 7, 3), 6);
});

test('arrow down above the gap of a short last row goes to the last tile', (t) => {
  t.is(neighbour(5, 'down', 7, 3), 6);
});

test("cameras follow the user's order, then new ones in the server's order", (t) => {
  const cameras = ['a', 'b', 'c', 'd'].map((id) => ({ id }));
  t.deepEqual(
    sortCameras(cameras, ['c', 'gone', 'a']).map(({ id }) => id),
    ['c', 'a', 'b', 'd'],
  );
});

test('a moved camera gets the given position, within the list', (t) => {
  t.deepEqual(moveId(['a', 'b', 'c'], 'a', 1), ['b', 'a', 'c']);
  t.deepEqual(moveId(['a', 'b', 'c'], 'c', 0), ['c', 'a', 'b']);
  t.deepEqual(moveId(['a', 'b', 'c'], 'c', 9), ['a', 'b', 'c']);
  t.deepEqual(moveId(['a', 'b', 'c'], 'a', -1), ['a', 'b', 'c']);
  t.deepEqual(moveId(['a', 'b', 'c'], 'x', 0), ['a', 'b', 'c']);
});

test('a link to a camera reads back as that camera', (t) => {
  t.is(readCameraLink(cameraLink('gate-2')), 'gate-2');
  t.is(readCameraLink(''), undefined);
  t.is(readCameraLink('#camera='), undefined);
});

test('zooming keeps the point under the pointer where it is', (t) => {
  const point = { x: 0.3, y: 0.8 };
  const once = zoomAt(unzoomed, 2, point);
  const twice = zoomAt(once, 1.7, point);
  for (const view of [once, twice]) {
    t.true(Math.abs((point.x - view.x) / view.scale - 0.3) < 1e-9);
    t.true(Math.abs((point.y - view.y) / view.scale - 0.8) < 1e-9);
  }
});

test('a zoomed picture always covers its frame', (t) => {
  const view = panBy(zoomAt(unzoomed, 3, { x: 0.5, y: 0.5 }), 10, -10);
  t.is(view.x, 0);
  t.is(view.y, -2);
  t.deepEqual(zoomAt(view, 0.01, { x: 1, y: 0 }), unzoomed);
});

test('a picture is zoomed at most eight times', (t) => {
  t.is(zoomAt(unzoomed, 1000, { x: 0, y: 0 }).scale, 8);
});
