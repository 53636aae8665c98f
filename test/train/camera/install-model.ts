import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { installModel, requireReplaceable } from '../../../src/train/camera/install-model.ts';
import { writeModel } from '../../helpers/model-fixtures.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

const place = { manifest: { place: { widthPx: 64, heightPx: 48 } } };

test("a folder that is missing, or empty, or holds a camera's model is free for one", async (t) => {
  const folder = await tempFolder(t);
  await t.notThrowsAsync(requireReplaceable(join(folder, 'none')));
  await t.notThrowsAsync(requireReplaceable(folder));
  await t.notThrowsAsync(requireReplaceable(await writeModel(join(folder, 'gate'), place)));
});

const isRefused = test.macro<[string, (dir: string) => Promise<unknown>, RegExp]>({
  async exec(t, _what, make, message) {
    const dir = join(await tempFolder(t), 'gate');
    await make(dir);
    await t.throwsAsync(requireReplaceable(dir), { code: 'OUTPUT_EXISTS', message });
  },
  title: (_, what) => `${what} is never replaced`,
});
test(isRefused, 'the folder of all cameras', (dir) => writeModel(join(dir, 'yard'), place), /holds yard/);
test(isRefused, 'a general model', (dir) => writeModel(dir), /holds (model\.json|weights)/);
test(isRefused, 'a file', (dir) => writeFile(dir, ''), /not a folder/);
test(
  isRefused,
  "what lies beside a camera's model",
  async (dir) => writeFile(join(await writeModel(dir, place), 'diary.txt'), ''),
  /holds diary\.txt/,
);
test(
  isRefused,
  'a manifest without a camera',
  async (dir) => {
    await mkdir(dir);
    await writeFile(join(dir, 'model.json'), '{');
  },
  /holds model\.json/,
);

test('a model replaces an older one; if that fails, the older one stays', async (t) => {
  const folder = await tempFolder(t);
  const [made, to] = [join(folder, 'made'), join(folder, 'gate')];
  const nameOf = async (): Promise<string> => readFile(join(to, 'name'), 'utf8');
  await mkdir(to);
  await writeFile(join(to, 'name'), 'old');
  await t.throwsAsync(installModel(made, to), { code: 'ENOENT' });
  t.is(await nameOf(), 'old');
  await mkdir(made);
  await writeFile(join(made, 'name'), 'new');
  await installModel(made, to);
  t.is(await nameOf(), 'new');
  t.deepEqual((await readdir(folder)).sort(), ['gate', 'made.before']);
});
