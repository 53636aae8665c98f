import { existsSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { replaceFile } from '../../src/files/replace-file.ts';
import { writeFailure } from '../../src/files/write-failure.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

test('links in the place of the file and of its temporary one are replaced, not followed', async (t) => {
  const folder = await tempFolder(t);
  const [path, other] = [join(folder, 'checkpoint'), join(folder, 'other')];
  await writeFile(other, 'mine');
  await symlink(other, path);
  await symlink(other, `${path}.new`);
  await replaceFile(path, 'new');
  t.is(await readFile(path, 'utf8'), 'new');
  t.is(await readFile(other, 'utf8'), 'mine');
  t.false(existsSync(`${path}.new`));
});

test('a full disk is reported as such', (t) => {
  const error = writeFailure('folder', Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  t.is(error.code, 'DISK_FULL');
  t.regex(error.message, /folder: the disk is full/);
});

test('a folder that cannot be written to is named', async (t) => {
  const path = join(await tempFolder(t), 'none', 'checkpoint');
  await t.throwsAsync(replaceFile(path, 'new'), { code: 'OUTPUT_UNWRITABLE', message: /none: can't be/ });
});
