import { join } from 'node:path';
import test from 'ava';
import { runProgram } from '../helpers/program.ts';
import { runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';

test('a picture and a film of more than --max-megapixels are refused before any work, and the option raises the limit', async (t) => {
  const folder = await tempFolder(t);
  const [picture, film] = [join(folder, 'large.png'), join(folder, 'large.mkv')];
  const source = ['-f', 'lavfi', '-i', 'color=gray:size=1600x1000:rate=1:duration=1,format=gray'];
  await runFfmpeg([...source, '-frames:v', '1', picture]);
  await runFfmpeg([...source, '-c:v', 'ffv1', film]);
  for (const input of [picture, film]) {
    const output = join(folder, `out.${input.slice(-3)}`);
    const args = ['file', input, '-o', output, '--model', 'starter'];
    const refused = await runProgram(...args, '--max-megapixels', '1.5');
    t.not(refused.code, 0);
    t.regex(refused.stderr, /expected at most 1\.5 megapixels but got 1600 x 1000, 1\.6 megapixels/);
    const allowed = await runProgram(...args, '--max-megapixels', '1.6');
    t.is(allowed.code, 0, allowed.stderr);
  }
});
