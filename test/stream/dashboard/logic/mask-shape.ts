import test from 'ava';
import {
  describeMask,
  polygonPoints,
  rectangleBetween,
} from '../../../../src/stream/dashboard/logic/mask-shape.ts';

test('a drag in any direction gives a rectangle that ends at the edges of the picture', (t) => {
  t.deepEqual(rectangleBetween({ x: 0.75, y: 1.2 }, { x: 0.25, y: 0.5 }), {
    x: 0.25,
    y: 0.5,
    width: 0.5,
    height: 0.5,
  });
});

test('a click does not draw a mask', (t) => {
  t.is(rectangleBetween({ x: 0.5, y: 0.5 }, { x: 0.505, y: 0.9 }), undefined);
});

test('rectangles and polygons are drawn by their corners, and described', (t) => {
  const mask = { x: 0.1, y: 0.2, width: 0.5, height: 0.25 };
  t.is(polygonPoints(mask), '0.1,0.2 0.6,0.2 0.6,0.45 0.1,0.45');
  t.is(describeMask(mask), '50 x 25 % of the picture, 10 % from the left, 20 % from the top');
  const triangle = [
    [0, 0],
    [1, 0],
    [0, 1],
  ] as const;
  t.is(polygonPoints(triangle), '0,0 1,0 0,1');
  t.is(describeMask(triangle), 'polygon of 3 corners');
});
