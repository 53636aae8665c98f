import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { AppError } from '../../src/errors.ts';
import { importModel } from '../../src/model/imported/import-model.ts';
import { openModels } from '../../src/model/open-models.ts';
import { ddcolor, eccv16 } from '../helpers/made-colorizers.ts';

const size = { widthPx: 32, heightPx: 24 };
const flat = new Uint8Array(size.widthPx * size.heightPx).fill(180);

let folder = '';

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chromafeed-test-'));
  process.env['CHROMAFEED_HOME'] = join(folder, 'home');
  for (const [name, made] of Object.entries({ ddcolor, eccv16 })) {
    const file = await made.write(join(folder, `${name}.onnx`));
    await importModel({ file, name, licence: `licence of ${name}` });
  }
});

test.after.always(() => rm(folder, { recursive: true, force: true }));

test.serial('a blend of two imported models gives the weighted mean of their a* and b*', async (t) => {
  await using colorizer = await openModels({ model: 'eccv16', blend: 'ddcolor=0.25', device: 'cpu' });
  const conditions = [colorizer.condition(new Float32Array())];
  const [ab = new Float32Array()] = await colorizer.colorize({ pictures: [flat], size, conditions });
  const [first, second] = [eccv16.abOf(180), ddcolor.abOf(180)];
  t.is(ab.length, 2 * flat.length);
  for (const c of [0, 1] as const)
    t.true(Math.abs((ab[c * flat.length + 100] ?? NaN) - (0.75 * first[c] + 0.25 * second[c])) < 0.01);
  t.is(colorizer.credit.blend?.credit.licence, 'licence of ddcolor');
});

test.serial('our own model is blended with an imported one at the finer size', async (t) => {
  await using alone = await openModels({ model: 'starter', device: 'cpu', precision: 'float32' });
  await using colorizer = await openModels({
    model: 'starter',
    blend: 'ddcolor=0.5',
    device: 'cpu',
    precision: 'float32',
  });
  const embedding = new Float32Array(2048).fill(0.1);
  const [own = new Float32Array()] = await alone.colorize({
    pictures: [flat],
    size,
    conditions: [alone.condition(embedding)],
  });
  const [both = new Float32Array()] = await colorizer.colorize({
    pictures: [flat],
    size,
    conditions: [colorizer.condition(embedding)],
  });
  t.is(own.length, 2 * 8 * 6);
  t.is(both.length, 2 * 32 * 24);
  // The middle of four small pixels of our answer, and of the picture.
  const mean = (ab: Float32Array, c: number, width: number, height: number): number => {
    const at = c * width * height + (height / 2) * width + width / 2;
    return (
      ((ab[at] ?? NaN) + (ab[at - 1] ?? NaN) + (ab[at - width] ?? NaN) + (ab[at - width - 1] ?? NaN)) / 4
    );
  };
  for (const c of [0, 1] as const) {
    const expected = (mean(own, c, 8, 6) + ddcolor.abOf(180)[c]) / 2;
    t.true(Math.abs(mean(both, c, 32, 24) - expected) < 0.01, `${mean(both, c, 32, 24)} is not ${expected}`);
  }
});

test.serial('a blend in another form is refused', async (t) => {
  for (const blend of ['ddcolor', 'ddcolor=0', 'ddcolor=1', '=0.5', 'ddcolor=half']) {
    const error = await t.throwsAsync(openModels({ model: 'eccv16', blend, device: 'cpu' }), {
      instanceOf: AppError,
    });
    t.is(error.code, 'USAGE');
  }
});
