import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { checkReplacing, prepareFolders } from '../../src/files/check-output.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

test('an existing file is replaced on request, but never the input itself', async (t) => {
  const folder = await tempFolder(t);
  const [input, output] = [join(folder, 'in.jpg'), join(folder, 'out.jpg')];
  await writeFile(input, 'mine');
  const check = (path: string, overwrite?: boolean): Promise<void> =>
    checkReplacing({ inputs: [input], outputs: { '-o': path }, overwrite });
  await t.notThrowsAsync(check(output));
  await writeFile(output, 'old');
  await t.throwsAsync(check(output), { code: 'OUTPUT_EXISTS' });
  await t.notThrowsAsync(check(output, true));
  await symlink(input, join(folder, 'soft.jpg'));
  await link(input, join(folder, 'hard.jpg'));
  for (const name of ['./in.jpg', 'soft.jpg', 'hard.jpg'])
    await t.throwsAsync(check(join(folder, name), true), { code: 'USAGE', message: /input itself/ }, name);
  t.is(await readFile(input, 'utf8'), 'mine');
});

test('reports and sheets follow the rules of outputs: they replace neither the input nor the output, and other files only on request', async (t) => {
  const folder = await tempFolder(t);
  const at = (name: string): string => join(folder, name);
  await writeFile(at('in.mkv'), 'film');
  await writeFile(at('old.json'), 'notes');
  const check = (report: string, overwrite?: boolean): Promise<void> =>
    checkReplacing({
      inputs: [at('in.mkv')],
      outputs: { '-o': at('out.mkv'), '--contact-sheet': at('sheet.jpg'), '--report': at(report) },
      overwrite,
    });
  await t.notThrowsAsync(check('new.json'));
  await t.throwsAsync(check('in.mkv', true), { code: 'USAGE', message: /in\.mkv is the input itself/ });
  await t.throwsAsync(check('out.mkv', true), { code: 'USAGE', message: /is the output of -o/ });
  await t.throwsAsync(check('sheet.jpg', true), {
    code: 'USAGE',
    message: /is the output of --contact-sheet/,
  });
  await t.throwsAsync(check('old.json'), { code: 'OUTPUT_EXISTS', message: /old\.json exists/ });
  await t.notThrowsAsync(check('old.json', true));
});

test('an output cannot go to a pipe or a device', async (t) => {
  const pipe = join(await tempFolder(t), 'pipe.mkv');
  spawnSync('mkfifo', [pipe]);
  for (const path of [pipe, '/dev/null'])
    await t.throwsAsync(checkReplacing({ inputs: [], outputs: { '-o': path }, overwrite: true }), {
      code: 'USAGE',
      message: /a pipe or a device/,
    });
});

test('folders for results are created, and an unwritable one is reported before there is anything to write', async (t) => {
  const folder = await tempFolder(t);
  await prepareFolders(join(folder, 'new', 'deep', 'out.mkv'), undefined, join(folder, 'report.json'));
  t.true(existsSync(join(folder, 'new', 'deep')));
  await writeFile(join(folder, 'file'), '');
  const beneath = join(folder, 'file', 'report.json');
  await t.throwsAsync(prepareFolders(beneath), { code: 'OUTPUT_UNWRITABLE' });
  await t.throwsAsync(prepareFolders(join(folder, `${'a'.repeat(250)}.color.mp4`)), {
    code: 'OUTPUT_UNWRITABLE',
    message: /name too long/,
  });
  await mkdir(join(folder, 'sheet.jpg'));
  await t.throwsAsync(prepareFolders(join(folder, 'sheet.jpg')), {
    code: 'OUTPUT_UNWRITABLE',
    message: /it is a folder/,
  });
});
