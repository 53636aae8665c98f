import { existsSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { replaceFile } from '../../src/files/replace-file.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

const full = '/dev/full';

(existsSync(full) ? test : test.skip)('where the disk is full the old file stays (Linux)', async (t) => {
  const path = join(await tempFolder(t), 'checkpoint');
  await writeFile(path, 'old');
  await symlink(full, `${path}.new`);
  await t.throwsAsync(replaceFile(path, 'new'), { code: 'DISK_FULL', message: /the disk is full/ });
  t.is(await readFile(path, 'utf8'), 'old');
});

test('a folder that cannot be written to is named', async (t) => {
  const path = join(await tempFolder(t), 'none', 'checkpoint');
  await t.throwsAsync(replaceFile(path, 'new'), { code: 'OUTPUT_UNWRITABLE', message: /none: can't be/ });
});
