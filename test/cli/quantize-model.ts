import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { quantizeModel } from '../../src/cli/quantize-model.ts';
import { bundledModelDir } from '../../src/model/bundled-models.ts';
import { parseManifest } from '../../src/model/manifest.ts';
import { runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';

test('a model that comes with the program is refused, and so are too few photos', async (t) => {
  await t.throwsAsync(quantizeModel('efficientnet-lite', []), {
    code: 'USAGE',
    message: /came with chromafeed/,
  });
  const folder = bundledModelDir('efficientnet-lite') ?? '';
  await t.throwsAsync(quantizeModel(folder, ['one.jpg']), {
    code: 'USAGE',
    message: /12 photos or more but got 1/,
  });
});

test('ranges that were measured on photos go into the model, and the colour hardly changes', async (t) => {
  const folder = await tempFolder(t);
  const model = join(folder, 'model');
  await cp(bundledModelDir('efficientnet-lite') ?? '', model, { recursive: true });
  const frames = ['-i', 'samples/his_girl_friday.mp4', '-vf', 'scale=160:120', '-frames:v', '12'];
  await runFfmpeg([...frames, join(folder, '%02d.png')]);
  const before = parseManifest(await readFile(join(model, 'model.json'), 'utf8'), 'model.json');
  const { photos, meanDifference, meanChroma } = await quantizeModel(model, [folder]);
  t.is(photos, 4);
  t.true(meanDifference > 0 && meanDifference < 0.3 * meanChroma, `${meanDifference} of ${meanChroma}`);
  const after = parseManifest(await readFile(join(model, 'model.json'), 'utf8'), 'model.json');
  t.notDeepEqual(after.activations, before.activations);
  t.deepEqual({ ...after, activations: undefined }, { ...before, activations: undefined });
});
