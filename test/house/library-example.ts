import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('the documented example of the library runs and colours the sample', async (t) => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['docs/examples/mean-chroma.mjs', 'samples/his_girl_friday.mp4'],
    { cwd: root },
  );
  const lines = stdout.trim().split('\n');
  t.is(lines.length, 60, 'two seconds of 30 frames');
  t.regex(lines[0] ?? '', /^0\.000 s {2}scene 0 {2}Cb [\d.]+ {2}Cr [\d.]+$/);
  const [, cb, cr] = /Cb ([\d.]+) {2}Cr ([\d.]+)/.exec(lines[30] ?? '') ?? [];
  t.true(Math.abs(Number(cb) - 128) + Math.abs(Number(cr) - 128) > 3, 'chroma is not neutral');
});
