import { wholeRect } from '../../../src/frame.ts';
import test from 'ava';
import { rgbToCbCr } from '../../../src/model/color/ycbcr.ts';
import {
  composeChroma,
  frameBytes,
  framePlanes,
  type FrameLayout,
  type FramePlanes,
} from '../../../src/stream/pixels/compose.ts';
import { fitChroma, windowRadius } from '../../../src/stream/pixels/guided.ts';
import { fillLuma, toRgb } from '../../../src/stream/pixels/rgb.ts';
import { shrinkLuma } from '../../../src/stream/pixels/shrink.ts';
import { seededBytes } from '../../helpers/seeded.ts';

const small = { widthPx: 64, heightPx: 40 };

/** A frame of zeros; default: 8 bits, limited range, 4:2:0, progressive. */
function emptyFrame(like: Pick<FrameLayout, 'widthPx' | 'heightPx'> & Partial<FrameLayout>): {
  layout: FrameLayout;
  planes: FramePlanes;
} {
  const layout: FrameLayout = {
    bitDepth: 8,
    range: 'limited',
    chroma: '420',
    interlaced: false,
    ...like,
  };
  return { layout, planes: framePlanes(new ArrayBuffer(frameBytes(layout)), layout) };
}

for (const [chroma, bitDepth, range] of [
  ['420', 8, 'limited'],
  ['422', 10, 'limited'],
  ['444', 8, 'full'],
  ['420', 12, 'full'],
] as const) {
  test(`flat colour becomes its code in ${chroma}, ${bitDepth} bit, ${range}, and luma is not changed`, (t) => {
    const { layout, planes } = emptyFrame({ widthPx: 161, heightPx: 99, bitDepth, range, chroma });
    const top = 2 ** (bitDepth - 8);
    seededBytes(planes.y.length, 3).forEach((v, i) => (planes.y[i] = (v % 200) * top + 20 * top));
    const before = planes.y.slice();
    const picture = shrinkLuma(planes.y, layout, wholeRect(layout), small);
    const cb = new Float32Array(picture.length).fill(0.2);
    const cr = new Float32Array(picture.length).fill(-0.1);
    const model = fitChroma(picture, cb, cr, new Float32Array(picture.length).fill(1), small, 3);
    composeChroma(planes, layout, wholeRect(layout), model, small);
    t.deepEqual(planes.y, before);
    const scale = range === 'full' ? 2 ** bitDepth - 1 : 224 * top;
    const expected = [128 * top + 0.2 * scale, 128 * top - 0.1 * scale];
    t.true(planes.cb.every((v) => Math.abs(v - expected[0]!) <= 1));
    t.true(planes.cr.every((v) => Math.abs(v - expected[1]!) <= 1));
  });
}

test('the edge of colour lies on the edge of luma, not on the edge of the small grid', (t) => {
  const { layout, planes } = emptyFrame({ widthPx: 640, heightPx: 400, range: 'full', chroma: '444' });
  const edge = 317; // inside a block of the small grid
  for (let i = 0; i < planes.y.length; i++) planes.y[i] = i % 640 < edge ? 60 : 190;
  const picture = shrinkLuma(planes.y, layout, wholeRect(layout), small);
  const cb = Float32Array.from(picture, (_, i) => (i % 64 < 32 ? 0.2 : -0.2));
  const cr = new Float32Array(picture.length);
  const model = fitChroma(picture, cb, cr, new Float32Array(picture.length).fill(1), small, 3);
  composeChroma(planes, layout, wholeRect(layout), model, small);
  const row = planes.cb.subarray(200 * 640, 201 * 640);
  t.true(row[edge - 3]! > 165 && row[edge + 2]! < 95, `${row[edge - 3]} ${row[edge + 2]}`);
});

test('an answer for each pixel keeps its detail, and a coarse answer uses the wide window', (t) => {
  const { layout, planes } = emptyFrame({ widthPx: 64, heightPx: 40, range: 'full', chroma: '444' });
  planes.y.fill(120);
  const stripe = (i: number): boolean => i % 64 >= 30 && i % 64 < 34;
  const cb = Float32Array.from(planes.y, (_, i) => (stripe(i) ? 0.3 : 0));
  const sure = new Float32Array(64 * 40).fill(1);
  const stripeAt = (stride: number): number => {
    const picture = Uint8Array.from(planes.y);
    const model = fitChroma(picture, cb, new Float32Array(cb.length), sure, small, windowRadius(stride));
    composeChroma(planes, layout, wholeRect(layout), model, small);
    return (planes.cb[20 * 64 + 31]! - 128) / 255;
  };
  t.true(stripeAt(1) > 0.29, String(stripeAt(1)));
  t.true(stripeAt(4) < 0.17, String(stripeAt(4)));
  t.deepEqual([1, 2, 4].map(windowRadius), [0, 2, 3]);
});

test('pixels without colour take the colour of similar pixels', (t) => {
  const picture = Uint8Array.from({ length: 64 * 40 }, (_, i) => (i % 64 < 32 ? 60 : 190));
  const cb = Float32Array.from(picture, (v) => (v < 100 ? 0.2 : -0.2));
  const weight = new Float32Array(picture.length).fill(1);
  for (let y = 15; y < 20; y++) {
    for (let x = 28; x < 31; x++) {
      cb[y * 64 + x] = -0.2; // a wrong colour with a confidence of 0
      weight[y * 64 + x] = 0;
    }
  }
  const model = fitChroma(picture, cb, new Float32Array(picture.length), weight, small, 3);
  const at = 17 * 64 + 29;
  t.true(model.cbSlope[at]! * (60 / 255) + model.cbBase[at]! > 0.15);
});

test('outside the picture (black bars) chroma stays neutral', (t) => {
  const { layout, planes } = emptyFrame({ widthPx: 64, heightPx: 64 });
  planes.y.fill(100);
  const rect = { x: 0, y: 16, width: 64, height: 32 };
  const grid = { widthPx: 16, heightPx: 8 };
  const model = {
    cbSlope: new Float32Array(128),
    cbBase: new Float32Array(128).fill(0.3),
    crSlope: new Float32Array(128),
    crBase: new Float32Array(128).fill(0.3),
  };
  composeChroma(planes, layout, rect, model, grid);
  for (let y = 0; y < 32; y++) t.is(planes.cb[y * 32 + 7] === 128, y < 8 || y >= 24, `row ${y}`);
});

test("a field's chroma rows are made from that field's luma", (t) => {
  const { layout, planes } = emptyFrame({ widthPx: 32, heightPx: 32, range: 'full', interlaced: true });
  for (let i = 0; i < planes.y.length; i++) planes.y[i] = Math.floor(i / 32) % 2 === 0 ? 200 : 40;
  const cells = 64;
  const model = {
    cbSlope: new Float32Array(cells).fill(0.5),
    cbBase: new Float32Array(cells),
    crSlope: new Float32Array(cells),
    crBase: new Float32Array(cells),
  };
  composeChroma(planes, layout, wholeRect(layout), model, { widthPx: 8, heightPx: 8 });
  t.is(planes.cb[0], Math.floor(128.5 + (0.5 * 255 * 200) / 255));
  t.is(planes.cb[16], Math.floor(128.5 + (0.5 * 255 * 40) / 255));
});

test('stills keep their luma where colour would leave the gamut', (t) => {
  const { layout, planes } = emptyFrame({ widthPx: 16, heightPx: 16, range: 'full', chroma: '444' });
  planes.y.set(Uint8Array.from({ length: 256 }, (_, i) => i));
  planes.cb.fill(230);
  planes.cr.fill(60);
  const rgb = toRgb(planes, layout);
  const again = framePlanes(new ArrayBuffer(frameBytes(layout)), layout);
  t.true(fillLuma(rgb, 3, again));
  t.true(again.y.every((v, i) => Math.abs(v - i) <= 1));
  const out = new Float32Array(2);
  rgbToCbCr(rgb[384]! / 255, rgb[385]! / 255, rgb[386]! / 255, 'bt601', out);
  t.true(out[0]! > 0.2, 'there is colour still');
  t.true(Math.abs(out[1]! / out[0]! - -68 / 102) < 0.03, 'of the same hue');
});
