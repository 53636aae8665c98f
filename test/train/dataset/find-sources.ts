import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findSources } from '../../../src/train/dataset/find-sources.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

async function makeFiles(t: ExecutionContext, ...names: readonly string[]): Promise<string> {
  const folder = await tempFolder(t);
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), name);
  }
  return folder;
}

test('photos and films in a folder are found at any depth, other files are not', async (t) => {
  const folder = await makeFiles(t, 'a.JPG', 'gate/day.mp4', 'gate/may/b.png', 'notes.txt', '.hidden.jpg');
  const found = await findSources([{ input: folder }], '/nowhere');
  t.deepEqual(
    found.map(({ key, kind }) => [key, kind]),
    [
      ['a.JPG', 'photo'],
      ['gate/day.mp4', 'film'],
      ['gate/may/b.png', 'photo'],
    ],
  );
});

test('files with the same name in two folders get two keys, and a file that is named twice is taken once', async (t) => {
  const folder = await makeFiles(t, 'gate/1.jpg', 'yard/1.jpg', 'old/yard/1.jpg');
  const inputs = ['gate', 'yard', 'old/yard', 'gate/1.jpg'].map((name) => ({ input: join(folder, name) }));
  const found = await findSources(inputs, '/nowhere');
  t.deepEqual(
    found.map(({ key }) => key),
    ['1.jpg', 'yard-2/1.jpg', 'yard/1.jpg'],
  );
});

test('a glob finds the files that match it', async (t) => {
  const folder = await makeFiles(t, 'a1.jpg', 'a2.jpg', 'b1.jpg', 'a3.txt');
  const found = await findSources([{ input: join(folder, 'a*') }], '/nowhere');
  t.deepEqual(
    found.map(({ key }) => key),
    ['a1.jpg', 'a2.jpg'],
  );
});

test('a file that is first named for validation stays there, and the set itself is not a source', async (t) => {
  const folder = await makeFiles(t, 'a.jpg', 'kept/b.jpg', 'set/work/frames/0/00001.png');
  const found = await findSources(
    [
      { input: join(folder, 'kept'), split: 'validation' },
      { input: folder, split: 'train' },
    ],
    join(folder, 'set'),
  );
  t.deepEqual(
    found.map(({ key, split }) => [key, split]),
    [
      ['a.jpg', 'train'],
      ['b.jpg', 'validation'],
    ],
  );
});

test('a folder without photos and films is an error that says so', async (t) => {
  const folder = await makeFiles(t, 'notes.txt');
  await t.throwsAsync(findSources([{ input: folder }], '/nowhere'), {
    code: 'INPUT_MISSING',
    message: `${folder}: expected photos or films but found none in it`,
  });
  await t.throwsAsync(findSources([{ input: join(folder, 'none') }], '/nowhere'), {
    code: 'INPUT_MISSING',
    message: /there is no such file or folder/,
  });
});
