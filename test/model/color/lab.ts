import test, { type ExecutionContext } from 'ava';
import { labToRgb, lightnessTable, rgbToLab } from '../../../src/model/color/lab.ts';
import { randomNumbers } from '../../helpers/model-fixtures.ts';

type Triple = readonly [number, number, number];

/** Lab values of sRGB colours under D65. http://www.brucelindbloom.com and colorjs.io agree to these digits. */
const isLab = test.macro({
  exec(t: ExecutionContext, rgb: Triple, lab: Triple) {
    const out = new Float32Array(3);
    rgbToLab(...rgb, out);
    lab.forEach((value, i) =>
      t.true(Math.abs((out[i] ?? NaN) - value) < 0.02, `${String(out)} is not ${String(lab)}`),
    );
  },
  title: (_, rgb, lab) => `sRGB ${rgb.join(', ')} is Lab ${lab.join(', ')}`,
});

test(isLab, [1, 0, 0], [53.24, 80.09, 67.2]);
test(isLab, [0, 1, 0], [87.73, -86.18, 83.18]);
test(isLab, [0, 0, 1], [32.3, 79.19, -107.86]);
test(isLab, [1, 1, 0], [97.14, -21.55, 94.48]);
test(isLab, [0, 1, 1], [91.11, -48.09, -14.13]);
test(isLab, [1, 0, 1], [60.32, 98.23, -60.82]);
test(isLab, [1, 1, 1], [100, 0, 0]);
test(isLab, [0, 0, 0], [0, 0, 0]);

test('the lightness of gray 119 is 50.034', (t) => {
  const table = lightnessTable();
  t.is(table.length, 256);
  t.true(Math.abs(table[119]! - 50.034) < 0.001);
  t.true(Math.abs(table[0]!) < 1e-4);
  t.true(Math.abs(table[255]! - 100) < 1e-4);
});

test('colours are the same after conversion to Lab and back', (t) => {
  const random = randomNumbers(5);
  const lab = new Float32Array(3);
  const back = new Float32Array(3);
  for (let i = 0; i < 1000; i++) {
    const rgb = [random(), random(), random()] as const;
    rgbToLab(...rgb, lab);
    labToRgb(lab[0]!, lab[1]!, lab[2]!, back);
    rgb.forEach((value, channel) => {
      if (Math.abs(value - back[channel]!) > 1e-4) t.fail(`${String(rgb)} came back as ${String(back)}`);
    });
  }
  t.pass();
});
