import { createHash } from 'node:crypto';
import { appendFile, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../src/errors.ts';
import { Journal } from '../../../src/stream/film/journal.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

const settings = { codec: 'ffv1', size: 144 };

/** A work folder with three segments of two frames; the film goes on behind them. */
async function makeWork(t: ExecutionContext): Promise<string> {
  const folder = join(await tempFolder(t), 'film.mkv.partial');
  await using journal = await Journal.open(folder, 'first', settings);
  for (const number of [0, 1, 2]) {
    await writeFile(journal.segmentPath(number), `segment ${number}`);
    const firstPts = number * 200;
    await journal.commit(
      { number, firstFrame: number * 2, frames: 2, firstPts, lastPts: firstPts + 100 },
      { after: number, palette: new Float32Array([number, 0.5]) },
    );
  }
  return folder;
}

/** How many segments are found, and the state to go on from. */
async function reopen(folder: string): Promise<{ count: number; state: unknown }> {
  await using journal = await Journal.open(folder, 'first', settings);
  return { count: journal.segments.length, state: await journal.lastCheckpoint() };
}

test('segments and the state after the last one come back as they were stored', async (t) => {
  const { count, state } = await reopen(await makeWork(t));
  t.is(count, 3);
  t.deepEqual(state, { after: 2, palette: new Float32Array([2, 0.5]) });
});

test('a segment is recorded with its length and SHA-256', async (t) => {
  const folder = await makeWork(t);
  await using journal = await Journal.open(folder, 'first', settings);
  t.is(journal.segments[1]?.bytes, 9);
  t.is(journal.segments[1]?.sha256, createHash('sha256').update('segment 1').digest('hex'));
});

test('a last line that was cut never happened', async (t) => {
  const folder = await makeWork(t);
  const path = join(folder, 'journal.jsonl');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.slice(0, -40));
  const { count, state } = await reopen(folder);
  t.is(count, 2);
  t.like(state, { after: 1 });
  t.is((await reopen(folder)).count, 2);
});

test('a segment that is not as its checksum says, and all behind it, are made again', async (t) => {
  const folder = await makeWork(t);
  await writeFile(join(folder, 'segment-00001.nut'), 'segment x');
  const { count, state } = await reopen(folder);
  t.is(count, 1);
  t.like(state, { after: 0 });
});

test('a segment that is longer than recorded, or gone, is made again', async (t) => {
  const folder = await makeWork(t);
  await appendFile(join(folder, 'segment-00002.nut'), '!');
  t.is((await reopen(folder)).count, 2);
  await rm(join(folder, 'segment-00000.nut'));
  t.deepEqual(await reopen(folder), { count: 0, state: undefined });
});

test('without the state after a segment, work goes on from the state before it', async (t) => {
  const folder = await makeWork(t);
  await rm(join(folder, 'checkpoint-00002.bin'));
  const { count, state } = await reopen(folder);
  t.is(count, 2);
  t.like(state, { after: 1 });
});

/** Adds the film's last segment. */
async function addLast(folder: string, conclusion?: unknown): Promise<void> {
  await using journal = await Journal.open(folder, 'first', settings);
  await writeFile(journal.segmentPath(3), 'segment 3');
  await journal.commit({ number: 3, firstFrame: 6, frames: 1, firstPts: 600, lastPts: 600 });
  if (conclusion !== undefined) await journal.conclude(conclusion);
}

test('a film whose last segment is there needs no state, but its conclusion', async (t) => {
  const folder = await makeWork(t);
  await addLast(folder, { scenes: [1, 4] });
  t.deepEqual(await reopen(folder), { count: 4, state: undefined });
  await using journal = await Journal.open(folder, 'first', settings);
  t.deepEqual(await journal.conclusion(), { scenes: [1, 4] });
});

test('a film that was broken off between its last segment and its conclusion makes that segment again', async (t) => {
  const folder = await makeWork(t);
  await addLast(folder);
  const { count, state } = await reopen(folder);
  t.is(count, 3);
  t.like(state, { after: 2 });
});

test('work of other settings is refused, and the message says which differ', async (t) => {
  const folder = await makeWork(t);
  const error = await t.throwsAsync(Journal.open(folder, 'second', { codec: 'ffv1', size: 96 }), {
    instanceOf: AppError,
  });
  t.is(error.code, 'OUTPUT_EXISTS');
  t.regex(error.message, /size was 144, now 96$/);
  t.regex(error.cure ?? '', /--fresh/);
  t.is((await reopen(folder)).count, 3);
});

test('fresh throws the old work away', async (t) => {
  const folder = await makeWork(t);
  await using journal = await Journal.open(folder, 'second', {}, { fresh: true });
  t.is(journal.segments.length, 0);
  t.deepEqual(await readdir(folder), ['journal.jsonl']);
});

test('a folder that cannot be made is told as unwritable output', async (t) => {
  const file = join(await tempFolder(t), 'file');
  await writeFile(file, '');
  const error = await t.throwsAsync(Journal.open(join(file, 'work'), 'first', {}), { instanceOf: AppError });
  t.is(error.code, 'OUTPUT_UNWRITABLE');
});
