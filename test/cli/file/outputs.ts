/** Which files a command takes, and where it puts what comes of them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'ava';
import { expandInputs } from '../../../src/cli/file/inputs.ts';
import { planOutputs } from '../../../src/cli/file/outputs.ts';
import { AppError } from '../../../src/errors.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

function outputsOf(inputs: readonly string[], output?: string): string[] {
  return planOutputs(inputs, inputs, output === undefined ? {} : { output }).map((job) => job.output);
}

test('a result lies beside its input, in its container where that can be written', (t) => {
  t.deepEqual(outputsOf(['reels/a.mp4']), [resolve('reels/a.color.mp4')]);
  t.deepEqual(outputsOf(['reels/a.mpg', 'b.avi']), [resolve('reels/a.color.mkv'), resolve('b.color.mkv')]);
  t.deepEqual(outputsOf(['scan.tif', 'shots/frame_%04d.png']), [
    resolve('scan.color.tif'),
    resolve('shots/frame.color.mkv'),
  ]);
});

test('-o is the file of one input, and the folder of several', async (t) => {
  const folder = await tempFolder(t);
  t.deepEqual(outputsOf(['a.mp4'], 'b.mkv'), ['b.mkv']);
  t.deepEqual(outputsOf(['a.mp4'], '-'), ['-']);
  t.deepEqual(outputsOf(['a.mp4'], folder), [join(folder, 'a.color.mp4')]);
  t.deepEqual(outputsOf(['a.mp4'], 'new/'), ['new/a.color.mp4']);
  t.deepEqual(outputsOf(['a.mp4', 'b.jpg'], 'new'), ['new/a.color.mp4', 'new/b.color.jpg']);
  const one = planOutputs(['reels'], ['reels/a.mp4'], { output: 'new' });
  t.deepEqual(one, [{ input: 'reels/a.mp4', output: 'new/a.color.mp4' }], 'a folder may hold one film');
});

for (const [title, inputs, options, words] of [
  ['two inputs of one name', ['a/reel.mp4', 'b/reel.mp4'], { output: 'new' }, /a\/reel.*b\/reel.*both/],
  ['two inputs that become one', ['x.avi', 'x.mpg'], {}, /x\.avi.*x\.mpg.*both/],
  ['a file for several inputs', ['a.mp4', 'b.mp4'], { output: 'all.mp4' }, /all\.mp4.*folder/],
  ['standard output for several', ['a.mp4', 'b.mp4'], { output: '-' }, /-o -: expected one/],
  ['standard input among several', ['a.mp4', '-'], { output: 'new' }, /standard input.*-o/],
  ['JSON and a film on standard output', ['a.mp4'], { output: '-', json: true }, /--json/],
  ['one report of several films', ['a.mp4', 'b.mp4'], { report: 'r.json' }, /--report r\.json.*2 inputs/],
  ['one sheet of several films', ['a.mp4', 'b.mp4'], { contactSheet: 's.jpg' }, /--contact-sheet/],
  ['a report of a picture', ['a.jpg'], { report: 'r.json' }, /--report.*picture a\.jpg/],
] as const) {
  test(`${title}: refused before any work`, (t) => {
    const error = t.throws(() => planOutputs(inputs, inputs, options), { instanceOf: AppError });
    t.is(error.code, 'USAGE');
    t.regex(error.message, words);
  });
}

test('folders and globs leave out what an earlier run has made of them', async (t) => {
  const folder = await tempFolder(t);
  await mkdir(join(folder, 'sub'));
  for (const name of ['b.mp4', 'a.mp4', 'a.color.mp4', 'notes.txt']) await writeFile(join(folder, name), '');
  const films = [join(folder, 'a.mp4'), join(folder, 'b.mp4')];
  t.deepEqual(await expandInputs([folder]), films);
  const found = await expandInputs([join(folder, '*.mp4'), 'one_%03d.png', '-']);
  t.deepEqual(
    found.map((path) => resolve(path)),
    [...films, resolve('one_%03d.png'), resolve('-')],
  );
  t.is((await expandInputs([join(folder, '*.color.mp4')])).length, 1, 'asked for by name');
  await t.throwsAsync(expandInputs([join(folder, '*.mov')]), { code: 'INPUT_MISSING' });
  await t.throwsAsync(expandInputs([join(folder, 'sub')]), { code: 'INPUT_MISSING' });
});
