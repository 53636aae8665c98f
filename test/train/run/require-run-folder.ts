import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { requireRunFolder } from '../../../src/train/run/require-run-folder.ts';
import { runFolder } from '../../../src/train/run/run-folder.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

test('a run goes into a folder that is missing or empty, or that holds a run', async (t) => {
  const folder = await tempFolder(t);
  await t.notThrowsAsync(requireRunFolder(runFolder(join(folder, 'missing'))));
  await mkdir(join(folder, 'empty'));
  await t.notThrowsAsync(requireRunFolder(runFolder(join(folder, 'empty'))));
  await mkdir(join(folder, 'run'));
  await writeFile(join(folder, 'run', 'run.json'), '{}');
  await writeFile(join(folder, 'run', 'history.jsonl'), '');
  await t.notThrowsAsync(requireRunFolder(runFolder(join(folder, 'run'))));
});

test('a run does not go among photographs', async (t) => {
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'holiday.jpg'), '');
  await t.throwsAsync(requireRunFolder(runFolder(folder)), {
    code: 'OUTPUT_EXISTS',
    message: /expected a new or empty folder, or the folder of a run, but it holds holiday\.jpg/,
  });
  t.deepEqual(await readdir(folder), ['holiday.jpg']);
});
