import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makeFolder } from '../../src/files/make-folder.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

test('a folder is created with its parents, and an existing one stays as it is', async (t) => {
  const path = join(await tempFolder(t), 'a', 'b', 'c');
  await makeFolder(path);
  await writeFile(join(path, 'kept'), '');
  await makeFolder(path);
  t.true((await stat(join(path, 'kept'))).isFile());
});

test('parallel calls make the same folder', async (t) => {
  const folder = await tempFolder(t);
  const paths = Array.from({ length: 8 }, (_, i) => join(folder, 'a', 'b', String(i % 2)));
  await Promise.all(paths.map(makeFolder));
  for (const path of paths) t.true((await stat(path)).isDirectory());
});

test('a file in the way gives the error of the system', async (t) => {
  const file = join(await tempFolder(t), 'file');
  await writeFile(file, '');
  await t.throwsAsync(makeFolder(file), { code: 'EEXIST' });
  await t.throwsAsync(makeFolder(join(file, 'below')), { code: 'ENOTDIR' });
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('an impossible folder fails, without endless attempts', async (t) => {
  await t.throwsAsync(makeFolder('/proc/chromafeed/below'), { code: 'ENOENT' });
});
