/** Tests which files a command reads, and where it writes the results. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'ava';
import { expandInputs, type FoundInput } from '../../../src/cli/file/inputs.ts';
import { markOnePictures } from '../../../src/cli/file/one-picture.ts';
import { planOutputs } from '../../../src/cli/file/outputs.ts';
import { AppError } from '../../../src/errors.ts';
import { runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

function outputsOf(inputs: readonly string[], output?: string): string[] {
  const options = output === undefined ? {} : { output };
  return planOutputs(inputs, found(...inputs), options).map((job) => job.output);
}

function found(...paths: readonly string[]): FoundInput[] {
  return paths.map((path) => ({ path, subfolder: '' }));
}

test('a result goes beside its input, in the same container if that can be written', (t) => {
  t.deepEqual(outputsOf(['reels/a.mp4']), [resolve('reels/a.color.mp4')]);
  t.deepEqual(outputsOf(['reels/a.mpg', 'b.avi']), [resolve('reels/a.color.mkv'), resolve('b.color.mkv')]);
  t.deepEqual(outputsOf(['scan.tif', 'shots/frame_%04d.png']), [
    resolve('scan.color.tif'),
    resolve('shots/frame.color.mkv'),
  ]);
});

test('a GIF of one picture is a still, another one is a film', async (t) => {
  const folder = await tempFolder(t);
  const [still, moving] = [join(folder, 'still.gif'), join(folder, 'moving.gif')];
  for (const [path, frames] of [
    [still, 1],
    [moving, 2],
  ] as const)
    await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=s=32x32', '-frames:v', String(frames), path]);
  const inputs = await markOnePictures(found(still, moving));
  const jobs = planOutputs([folder], inputs, { output: 'new/', report: 'told/' });
  t.deepEqual(
    jobs.map(({ output, report }) => [output, report === undefined]),
    [
      ['new/still.color.png', true],
      ['new/moving.color.mkv', false],
    ],
  );
});

test('-o is the file of one input, and the folder of several', async (t) => {
  const folder = await tempFolder(t);
  t.deepEqual(outputsOf(['a.mp4'], 'b.mkv'), ['b.mkv']);
  t.deepEqual(outputsOf(['a.mp4'], '-'), ['-']);
  t.deepEqual(outputsOf(['a.mp4'], folder), [join(folder, 'a.color.mp4')]);
  t.deepEqual(outputsOf(['a.mp4'], 'new/'), ['new/a.color.mp4']);
  t.deepEqual(outputsOf(['a.mp4', 'b.jpg'], 'new'), ['new/a.color.mp4', 'new/b.color.jpg']);
  const [one] = planOutputs(['reels'], found('reels/a.mp4'), { output: 'new' });
  t.is(one?.output, 'new/a.color.mp4', 'a folder may hold one film');
});

test('with several films, each film gets its own report and contact sheet; a picture gets none', async (t) => {
  const inputs = [...found('reels/a.mp4', 'reels/b.jpg'), { path: 'reels/sub/a.mp4', subfolder: 'sub' }];
  const named = planOutputs(['reels'], inputs, {
    output: 'new',
    report: 'told/r.json',
    contactSheet: 's.jpg',
  });
  t.deepEqual(
    named.map(({ report, contactSheet }) => [report, contactSheet]),
    [
      ['told/a.color.r.json', 'a.color.s.jpg'],
      [undefined, undefined],
      ['told/sub/a.color.r.json', 'sub/a.color.s.jpg'],
    ],
  );
  const folder = await tempFolder(t);
  const [first] = planOutputs(['reels'], inputs, { output: 'new', report: folder });
  t.is(first?.report, join(folder, 'a.color.report.json'));
  const [alone] = planOutputs(['a.mp4'], found('a.mp4'), { report: 'r.json' });
  t.is(alone?.report, 'r.json');
});

for (const [title, inputs, options, words] of [
  ['two inputs of one name', ['a/reel.mp4', 'b/reel.mp4'], { output: 'new' }, /a\/reel.*b\/reel.*both/],
  ['two inputs that become one', ['x.avi', 'x.mpg'], {}, /x\.avi.*x\.mpg.*both/],
  ['a file for several inputs', ['a.mp4', 'b.mp4'], { output: 'all.mp4' }, /all\.mp4.*folder/],
  ['standard output for several', ['a.mp4', 'b.mp4'], { output: '-' }, /-o -: expected one/],
  ['standard input among several', ['a.mp4', '-'], { output: 'new' }, /standard input.*-o/],
  ['JSON and a film on standard output', ['a.mp4'], { output: '-', json: true }, /--json/],
  ['a report of a picture', ['a.jpg'], { report: 'r.json' }, /--report.*picture a\.jpg/],
] as const) {
  test(`${title}: refused before any work`, (t) => {
    const error = t.throws(() => planOutputs(inputs, found(...inputs), options), { instanceOf: AppError });
    t.is(error.code, 'USAGE');
    t.regex(error.message, words);
  });
}

test('folders and globs leave out the results of earlier runs, and a folder lists what else it contains', async (t) => {
  const folder = await tempFolder(t);
  for (const inside of ['sub', 'empty', 'a.mp4.partial']) await mkdir(join(folder, inside));
  for (const name of ['b.mp4', 'a.mp4', 'a.color.mp4', 'notes.txt', 'scan.bmp', '.hidden.mp4', 'sub/c.mp4'])
    await writeFile(join(folder, name), '');
  await symlink(join(folder, 'none.mp4'), join(folder, 'gone.mp4'));
  const paths = async (...asked: string[]): Promise<string[]> =>
    (await expandInputs(asked)).inputs.map(({ path }) => resolve(path));
  const films = [join(folder, 'a.mp4'), join(folder, 'b.mp4')];
  t.deepEqual(await paths(folder), [...films, join(folder, 'scan.bmp')]);
  const { leftOut } = await expandInputs([folder]);
  t.deepEqual(
    leftOut.map(({ path, reason }) => [path, reason]),
    [
      [join(folder, 'empty'), 'a folder: --recursive takes it'],
      [join(folder, 'gone.mp4'), "can't be read"],
      [join(folder, 'notes.txt'), 'not a film or a picture'],
      [join(folder, 'sub'), 'a folder: --recursive takes it'],
    ],
  );
  t.deepEqual(await paths(join(folder, '*.mp4'), 'one_%03d.png', '-'), [
    ...films,
    resolve('one_%03d.png'),
    resolve('-'),
  ]);
  t.is((await paths(join(folder, '*.color.mp4'))).length, 1, 'asked for by name');
  await t.throwsAsync(expandInputs([join(folder, '*.mov')]), { code: 'INPUT_MISSING' });
  await t.throwsAsync(expandInputs([join(folder, 'empty')]), { code: 'INPUT_MISSING' });
});

test('--recursive also takes the folders inside, mirrors them, and leaves out the folder of the results', async (t) => {
  const folder = await tempFolder(t);
  for (const inside of ['reel 1/old', 'made']) await mkdir(join(folder, inside), { recursive: true });
  for (const name of ['a.mp4', 'reel 1/a.mp4', 'reel 1/old/b.mp4', 'made/c.mp4'])
    await writeFile(join(folder, name), '');
  const output = join(folder, 'made');
  const { inputs, leftOut } = await expandInputs([folder], { recursive: true, output });
  t.deepEqual(leftOut, []);
  t.deepEqual(
    planOutputs([folder], inputs, { output }).map((job) => job.output),
    ['a.color.mp4', 'reel 1/a.color.mp4', 'reel 1/old/b.color.mp4'].map((name) => join(output, name)),
  );
});
