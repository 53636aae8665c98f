import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { openDataset } from '../../../src/train/dataset/dataset.ts';
import { runProgram } from '../../helpers/program.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { seededBytes } from '../../helpers/seeded.ts';

test('the command makes a set that can be read, and says in JSON what it took and refused', async (t) => {
  const folder = await tempFolder(t);
  for (let i = 0; i < 3; i++) {
    const coarse = sharp(Buffer.from(seededBytes(12 * 9 * 3, i)), {
      raw: { width: 12, height: 9, channels: 3 },
    });
    await coarse.resize(200, 150, { fit: 'fill' }).toFile(join(folder, `${i}.png`));
  }
  await writeFile(join(folder, 'broken.jpg'), 'no picture');
  const dir = join(await tempFolder(t), 'set');
  const { code, stdout, stderr } = await runProgram('dataset', folder, '-o', dir, '--size', '64', '--json');
  t.is(code, 0, stderr);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.like(
    events.find(({ event }) => event === 'refused'),
    { key: 'broken.jpg', reason: 'unreadable' },
  );
  t.like(events.at(-1), { event: 'done', samples: { train: 2, validation: 1 } });
  t.deepEqual((await openDataset(dir)).manifest.samples, { train: 2, validation: 1 });
  const text = await runProgram('dataset', folder, '-o', dir, '--size', '64');
  t.regex(
    text.stderr,
    /2 samples to train with, 1 to validate with, in 2 shards, .* MB\nleft out: 1 unreadable/,
  );
});

const fails = test.macro<[string, readonly string[], number, RegExp]>({
  async exec(t, _what, args, code, message) {
    const end = await runProgram('dataset', ...args);
    t.is(end.code, code);
    t.regex(end.stderr, message);
  },
  title: (_, what) => `${what} is told clearly`,
});

test(
  fails,
  'a missing input',
  ['/no/such/folder', '-o', 'set'],
  3,
  /no such file or folder\n {2}what to do: check the name/,
);
test(fails, 'a missing output', ['photos'], 2, /--output/);
test(
  fails,
  'an odd size',
  ['photos', '-o', 'set', '--size', '100'],
  2,
  /--size: expected a multiple of 8 from 64 to 1024 but got 100/,
);
test(fails, 'a seed that is no number', ['photos', '-o', 'set', '--seed', 'x'], 2, /whole number from 0/);
