import test, { type ExecutionContext } from 'ava';
import { labToCbCr, labToRgb, lightnessTable, rgbToLab } from '../../../src/model/color/lab.ts';
import { rgbToCbCr } from '../../../src/model/color/ycbcr.ts';
import { randomNumbers } from '../../helpers/model-fixtures.ts';

type Triple = readonly [number, number, number];

/** Lab of sRGB colours under D65: http://www.brucelindbloom.com and colorjs.io agree to these digits. */
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

test('colours survive the way to Lab and back', (t) => {
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

test('fast chroma is within 0.02 of an 8-bit step of the formulas, outside sRGB too', (t) => {
  const random = randomNumbers(6);
  const rgb = new Float32Array(3);
  const exact = new Float32Array(2);
  const fast = new Float32Array(2);
  let worst = 0;
  for (let i = 0; i < 100_000; i++) {
    const matrix = (['bt601', 'bt709', 'bt2020'] as const)[i % 3] ?? 'bt601';
    const lab = [random() * 100, random() * 220 - 110, random() * 220 - 110] as const;
    labToRgb(...lab, rgb);
    rgbToCbCr(rgb[0]!, rgb[1]!, rgb[2]!, matrix, exact);
    labToCbCr(...lab, matrix, fast);
    worst = Math.max(worst, Math.abs(fast[0]! - exact[0]!), Math.abs(fast[1]! - exact[1]!));
  }
  t.true(worst * 255 < 0.02, `worst is ${worst * 255} of a step`);
});

test('gray has no chroma', (t) => {
  const out = new Float32Array(2);
  for (let lightness = 0; lightness <= 100; lightness += 5) {
    labToCbCr(lightness, 0, 0, 'bt709', out);
    t.true(Math.abs(out[0]!) * 255 < 0.02 && Math.abs(out[1]!) * 255 < 0.02, `${lightness}: ${String(out)}`);
  }
});
