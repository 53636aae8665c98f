import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { cameraOutput } from '../../../src/cli/train/camera-output.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

test.serial('models of an earlier version in the current folder are mentioned in one line', async (t) => {
  const folder = await tempFolder(t);
  const before = process.cwd();
  process.chdir(folder);
  t.teardown(() => process.chdir(before));
  t.is(cameraOutput('hall', undefined).notice, undefined);
  await mkdir(join(folder, 'camera-models'));
  const { notice, dir } = cameraOutput('hall', undefined);
  t.true(notice?.startsWith('camera-models/ in this folder has models of an earlier version'), notice);
  t.true(notice?.endsWith(join(dir, '..')), notice);
  t.is(cameraOutput('hall', 'mine').notice, undefined, 'not when the user names a folder');
});
