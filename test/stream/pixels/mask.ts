import test from 'ava';
import { fillSpans, maskSpans, type Mask } from '../../../src/stream/pixels/mask.ts';

/** The mask as a picture of `#` and `.`. */
function draw(masks: readonly Mask[], widthPx: number, heightPx: number): string[] {
  const plane = new Uint8Array(widthPx * heightPx).fill(255);
  fillSpans(plane, widthPx, maskSpans(masks, { widthPx, heightPx }), 0);
  return Array.from({ length: heightPx }, (_, y) =>
    Array.from(plane.subarray(y * widthPx, (y + 1) * widthPx), (value) => (value === 0 ? '#' : '.')).join(''),
  );
}

test('a rectangle covers its pixels and no others', (t) => {
  t.deepEqual(draw([{ x: 0.25, y: 0.5, width: 0.5, height: 0.25 }], 8, 4), [
    '........',
    '........',
    '..####..',
    '........',
  ]);
});

test('a pixel that a mask only touches is masked too', (t) => {
  t.deepEqual(draw([{ x: 0.3, y: 0.3, width: 0.3, height: 0.3 }], 8, 4), [
    '........',
    '..###...',
    '..###...',
    '........',
  ]);
});

test('a polygon covers at least every pixel whose centre it contains', (t) => {
  const corners: [number, number][] = [
    [0.1, 0.9],
    [0.5, 0.05],
    [0.95, 0.8],
    [0.5, 0.6],
  ];
  const picture = draw([corners], 40, 30);
  let inside = 0;
  for (let y = 0; y < 30; y++)
    for (let x = 0; x < 40; x++) {
      if (!contains(corners, (x + 0.5) / 40, (y + 0.5) / 30)) continue;
      inside++;
      t.is(picture[y]?.[x], '#', `pixel ${x}, ${y}`);
    }
  const covered = picture.join('').replaceAll('.', '').length;
  t.true(inside > 150);
  t.true(covered < inside * 1.35, `${covered} pixels for ${inside}`);
});

test('masks may overlap, and together they can cover the whole picture', (t) => {
  const whole = { x: 0, y: 0, width: 1, height: 1 };
  t.deepEqual(draw([whole, { x: 0.2, y: 0.2, width: 0.4, height: 0.4 }], 5, 3), ['#####', '#####', '#####']);
});

test('without masks nothing is covered', (t) => {
  t.is(maskSpans([], { widthPx: 100, heightPx: 100 }).length, 0);
});

/** Second method: winding by angles. */
function contains(corners: readonly (readonly [number, number])[], x: number, y: number): boolean {
  let turn = 0;
  corners.forEach(([x1, y1], i) => {
    const [x2, y2] = corners[(i + 1) % corners.length] ?? [0, 0];
    let angle = Math.atan2(y2 - y, x2 - x) - Math.atan2(y1 - y, x1 - x);
    if (angle > Math.PI) angle -= 2 * Math.PI;
    if (angle < -Math.PI) angle += 2 * Math.PI;
    turn += angle;
  });
  return Math.abs(turn) > Math.PI;
}
