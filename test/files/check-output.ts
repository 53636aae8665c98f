import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { checkReplacing, prepareFolders } from '../../src/files/check-output.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

test('what exists is replaced when that is asked for, the input itself never', async (t) => {
  const folder = await tempFolder(t);
  const [input, output] = [join(folder, 'in.jpg'), join(folder, 'out.jpg')];
  await writeFile(input, 'mine');
  t.notThrows(() => checkReplacing({ input, output }));
  await writeFile(output, 'old');
  t.throws(() => checkReplacing({ input, output }), { code: 'OUTPUT_EXISTS' });
  t.notThrows(() => checkReplacing({ input, output, overwrite: true }));
  const itself = { input, output: join(folder, '.', 'in.jpg'), overwrite: true };
  t.throws(() => checkReplacing(itself), { code: 'USAGE', message: /input itself/ });
  t.is(await readFile(input, 'utf8'), 'mine');
});

test('folders of results are made; what cannot be written is told before there is anything to write', async (t) => {
  const folder = await tempFolder(t);
  await prepareFolders(join(folder, 'new', 'deep', 'out.mkv'), undefined, join(folder, 'report.json'));
  t.true(existsSync(join(folder, 'new', 'deep')));
  await writeFile(join(folder, 'file'), '');
  const beneath = join(folder, 'file', 'report.json');
  await t.throwsAsync(prepareFolders(beneath), { code: 'OUTPUT_UNWRITABLE' });
  await mkdir(join(folder, 'sheet.jpg'));
  await t.throwsAsync(prepareFolders(join(folder, 'sheet.jpg')), {
    code: 'OUTPUT_UNWRITABLE',
    message: /it is a folder/,
  });
});
