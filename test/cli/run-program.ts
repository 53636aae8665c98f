import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { runProgramWith } from '../helpers/program.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

test('a Node that is too old is refused before anything is imported, with a cure', async (t) => {
  const preload = join(await tempFolder(t), 'old-node.cjs');
  await writeFile(preload, "Object.defineProperty(process, 'version', { value: 'v18.20.4' });");
  const { code, stderr, stdout } = await new Promise<{ code: unknown; stderr: string; stdout: string }>(
    (resolve) =>
      execFile(process.execPath, ['--require', preload, main, 'doctor'], (error, out, text) =>
        resolve({ code: error?.code ?? 0, stdout: out, stderr: text }),
      ),
  );
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(
    stderr,
    /^chromafeed: expected Node \^20\.19.* but this is v18\.20\.4\n {2}what to do: install Node/,
  );
});

test('serve without ffmpeg ends at once with FFMPEG_MISSING and its cure', async (t) => {
  const nowhere = { FFMPEG_PATH: '/nowhere/ffmpeg', FFPROBE_PATH: '/nowhere/ffprobe' };
  const { code, stderr } = await runProgramWith(nowhere, 'serve', 'config/demo.yaml', '--port', '0');
  t.is(code, 1);
  t.regex(stderr, /could not run "\/nowhere\/ffmpeg -encoders"/);
  t.regex(stderr, /what to do: install ffmpeg/);
});

test('train refuses a folder of photographs before it does anything', async (t) => {
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'holiday.jpg'), '');
  const { code, stderr } = await runProgramWith({}, 'train', join(folder, 'set'), '-o', folder);
  t.is(code, 6, stderr);
  t.regex(stderr, /holds holiday\.jpg/);
});
