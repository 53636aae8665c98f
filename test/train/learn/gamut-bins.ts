import test from 'ava';
import { rgbToLab } from '../../../src/model/color/lab.ts';
import { gamutBins } from '../../../src/train/learn/gamut-bins.ts';
import { seededBytes } from '../../helpers/seeded.ts';

const bins = gamutBins();
const cells = new Set(Array.from({ length: bins.length / 2 }, (_, k) => `${bins[2 * k]} ${bins[2 * k + 1]}`));

test('the cells of 10 Lab units with a colour of sRGB are 261; the paper has 313', (t) => {
  t.is(bins.length / 2, 261);
  t.is(cells.size, 261);
  t.true(bins.every((value) => value % 10 === 0));
});

test('every colour of sRGB lies in one of the cells', (t) => {
  const colours = seededBytes(3 * 20_000, 1);
  const lab = new Float32Array(3);
  for (let i = 0; i < colours.length; i += 3) {
    rgbToLab(colours[i]! / 255, colours[i + 1]! / 255, colours[i + 2]! / 255, lab);
    const [a, b] = [lab[1]!, lab[2]!].map((value) => Math.round(value / 10) * 10 + 0);
    t.true(cells.has(`${a} ${b}`), `${a} ${b}`);
  }
});
