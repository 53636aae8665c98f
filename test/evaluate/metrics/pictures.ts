import test from 'ava';
import { AppError } from '../../../src/errors.ts';
import { meanCiede2000 } from '../../../src/evaluate/metrics/ciede2000.ts';
import { colourfulness } from '../../../src/evaluate/metrics/colourfulness.ts';
import { labOfRgb } from '../../../src/evaluate/metrics/lab-picture.ts';
import { meanSquaredError, psnrDb } from '../../../src/evaluate/metrics/psnr.ts';
import { lumaOfRgb, ssimPlane, ssimRgb } from '../../../src/evaluate/metrics/ssim.ts';
import { madeSize, makePicture } from '../../helpers/made-pictures.ts';

const first = makePicture(1);
const second = makePicture(7);

/** The numbers in this file are from numpy 2 and scikit-image 0.26 on the same pictures. */
const near = (got: number, expected: number, tolerance: number): boolean =>
  Math.abs(got - expected) < tolerance;

test('the generated pictures are those that the reference program saw', (t) => {
  t.deepEqual([...first.subarray(0, 3), ...second.subarray(0, 3)], [38, 58, 73, 4, 26, 68]);
  t.is(
    first.reduce((sum, v) => sum + v, 0),
    208256,
  );
});

test("RGB PSNR equals scikit-image's", (t) => {
  t.true(near(psnrDb(first, second), 16.93285330056228, 1e-9));
});

test('an error of -1 counts like one of +1 and does not wrap', (t) => {
  t.is(meanSquaredError(Uint8Array.of(0, 255, 7), Uint8Array.of(1, 254, 8)), 1);
});

test('equal pictures have infinite PSNR and SSIM 1', (t) => {
  t.is(psnrDb(first, first), Infinity);
  t.true(near(ssimRgb(first, first, madeSize), 1, 1e-12));
});

test("SSIM over RGB and over luma equals scikit-image's with Wang's window", (t) => {
  t.true(near(ssimRgb(first, second, madeSize), 0.5323069374817135, 1e-6));
  t.true(near(ssimPlane(lumaOfRgb(first), lumaOfRgb(second), madeSize), 0.7155073667918893, 1e-5));
});

test('SSIM refuses a picture below its window and one of the wrong length', (t) => {
  const tiny = { widthPx: 10, heightPx: 20 };
  t.throws(() => ssimPlane(new Uint8Array(200), new Uint8Array(200), tiny), { instanceOf: AppError });
  t.throws(() => ssimRgb(first, second, tiny), { instanceOf: AppError });
});

test("Lab of a picture equals scikit-image's", (t) => {
  const lab = labOfRgb(first);
  t.true(near(lab.l[0]!, 23.40177189, 0.01));
  t.true(near(lab.a[0]!, -3.2596887, 0.01));
  t.true(near(lab.b[0]!, -11.69785112, 0.01));
});

test('white, black and gray have no chroma', (t) => {
  const lab = labOfRgb(Uint8Array.of(255, 255, 255, 0, 0, 0, 119, 119, 119));
  t.true(near(lab.l[0]!, 100, 1e-3) && near(lab.l[1]!, 0, 1e-3) && near(lab.l[2]!, 50.034, 1e-3));
  t.true([...lab.a, ...lab.b].every((v) => Math.abs(v) < 0.02));
});

test("the mean CIEDE2000 of two pictures equals scikit-image's", (t) => {
  t.true(near(meanCiede2000(labOfRgb(first), labOfRgb(second)), 13.27230676218935, 5e-3));
});

test("colourfulness equals DDColor's formula, computed with numpy, and gray has none", (t) => {
  t.true(near(colourfulness(first), 53.86128011837127, 1e-9));
  t.is(colourfulness(new Uint8Array(30).fill(90)), 0);
});

test('pictures of two sizes are refused with both lengths', (t) => {
  const error = t.throws(() => psnrDb(first, first.subarray(3)), { instanceOf: AppError });
  t.is(error.code, 'USAGE');
  t.regex(error.message, /1440 and 1437/);
});

/** Every fifth pixel, scattered over the picture: 96 of 480. */
const mask = Uint8Array.from({ length: 480 }, (_, i) => ((i * 7) % 5 === 0 ? 1 : 0));

test('with a mask, each measure equals that of numpy and scikit-image for only those pixels', (t) => {
  t.true(near(psnrDb(first, second, mask), 17.222004566744083, 1e-9));
  t.true(near(meanCiede2000(labOfRgb(first), labOfRgb(second), mask), 13.661043766669868, 5e-3));
  t.true(near(colourfulness(first, mask), 51.77955122364271, 1e-9));
});

test('a mask of all pixels changes nothing, and an empty one gives no number', (t) => {
  const [all, none] = [new Uint8Array(480).fill(255), new Uint8Array(480)];
  const [one, other] = [labOfRgb(first), labOfRgb(second)];
  t.is(psnrDb(first, second, all), psnrDb(first, second));
  t.is(meanCiede2000(one, other, all), meanCiede2000(one, other));
  t.is(colourfulness(first, all), colourfulness(first));
  const empty = [psnrDb(first, second, none), meanCiede2000(one, other, none), colourfulness(first, none)];
  t.deepEqual(empty, [NaN, NaN, NaN]);
});

test('a mask of another size than the picture is refused with both sizes', (t) => {
  for (const measure of [
    () => psnrDb(first, second, mask.subarray(1)),
    () => meanCiede2000(labOfRgb(first), labOfRgb(second), mask.subarray(1)),
    () => colourfulness(first, mask.subarray(1)),
  ]) {
    t.throws(measure, { instanceOf: AppError, code: 'USAGE', message: /480 pixels but got 479/ });
  }
});
