import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../../src/errors.ts';
import type { Conclusion } from '../../../../src/stream/film/resume/checkpoint-file.ts';
import { Journal } from '../../../../src/stream/film/resume/journal.ts';
import type { FilmCheckpoint } from '../../../../src/stream/film/resume/resume-point.ts';
import { tempFolder } from '../../../helpers/run-ffmpeg.ts';

const record = {
  number: 0,
  firstFrame: 0,
  firstPts: 0,
  start: 'first',
  isCard: false,
  isOwn: false,
} as const;

/** A checkpoint that is identified by its number. */
function checkpointAfter(number: number): FilmCheckpoint {
  return {
    context: [{ pts: 100 * number, crc: 7 }],
    cutState: { sceneFrames: number },
    scene: { ...record, palette: new Float32Array([number, 0.1, -1e-30]) },
    film: {
      color: { ab: new Float32Array([1 / 3, number, -2, 4]), weight: new Float32Array([20, 0]) },
      small: new Uint8Array([number, 255]),
      turn: { sinceAnswer: number, unseen: 0.1 * number, askedMean: 1 / 3, answers: 2 },
    },
    scenes: [record],
    damage: undefined,
    notices: ['a notice'],
  };
}

const settings = { codec: 'ffv1', size: 144 };

/** A work folder with three segments of two frames. The film is longer. */
async function makeWork(t: ExecutionContext): Promise<string> {
  const folder = join(await tempFolder(t), 'film.mkv.partial');
  await mkdir(folder);
  await using journal = await Journal.open({ path: folder }, 'first', settings);
  for (const number of [0, 1, 2]) {
    await writeFile(journal.segmentPath(number), `segment ${number}`);
    const firstPts = number * 200;
    await journal.commit(
      { number, firstFrame: number * 2, frames: 2, firstPts, lastPts: firstPts + 100 },
      checkpointAfter(number),
    );
  }
  return folder;
}

/** The number of segments found, and the state to resume from. */
async function reopen(folder: string): Promise<{ count: number; after: number | undefined }> {
  await using journal = await Journal.open({ path: folder }, 'first', settings);
  return { count: journal.segments.length, after: (await journal.lastCheckpoint())?.film.turn.sinceAnswer };
}

test('segments and the state after the last one are read as they were stored', async (t) => {
  await using journal = await Journal.open({ path: await makeWork(t) }, 'first', settings);
  t.is(journal.segments.length, 3);
  t.deepEqual(await journal.lastCheckpoint(), checkpointAfter(2));
});

test('a segment is recorded with its length and SHA-256', async (t) => {
  const folder = await makeWork(t);
  await using journal = await Journal.open({ path: folder }, 'first', settings);
  t.is(journal.segments[1]?.bytes, 9);
  t.is(journal.segments[1]?.sha256, createHash('sha256').update('segment 1').digest('hex'));
});

test('a truncated last line is ignored', async (t) => {
  const folder = await makeWork(t);
  const path = join(folder, 'journal.jsonl');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.slice(0, -40));
  const { count, after } = await reopen(folder);
  t.is(count, 2);
  t.is(after, 1);
  t.is((await reopen(folder)).count, 2);
});

test('a segment with a wrong checksum and all segments after it are made again', async (t) => {
  const folder = await makeWork(t);
  await writeFile(join(folder, 'segment-00001.nut'), 'segment x');
  const { count, after } = await reopen(folder);
  t.is(count, 1);
  t.is(after, 0);
});

test('a segment that is missing, or longer than the journal says, is made again', async (t) => {
  const folder = await makeWork(t);
  await appendFile(join(folder, 'segment-00002.nut'), '!');
  t.is((await reopen(folder)).count, 2);
  await rm(join(folder, 'segment-00000.nut'));
  t.deepEqual(await reopen(folder), { count: 0, after: undefined });
});

test('if the state after a segment is missing, work resumes from the state before it', async (t) => {
  const folder = await makeWork(t);
  await rm(join(folder, 'checkpoint-00002.json'));
  const { count, after } = await reopen(folder);
  t.is(count, 2);
  t.is(after, 1);
});

/** Adds the film's last segment. */
async function addLast(folder: string, conclusion?: Conclusion): Promise<void> {
  await using journal = await Journal.open({ path: folder }, 'first', settings);
  await writeFile(journal.segmentPath(3), 'segment 3');
  await journal.commit({ number: 3, firstFrame: 6, frames: 1, firstPts: 600, lastPts: 600 });
  if (conclusion !== undefined) await journal.conclude(conclusion);
}

test('a film with its last segment needs no state, only its conclusion', async (t) => {
  const folder = await makeWork(t);
  const conclusion = {
    scenes: [record],
    report: { damage: { kind: 'corrupted', atS: 1.5, count: 2 } },
    notices: ['a notice'],
  } as const;
  await addLast(folder, conclusion);
  t.deepEqual(await reopen(folder), { count: 4, after: undefined });
  await using journal = await Journal.open({ path: folder }, 'first', settings);
  t.deepEqual(await journal.conclusion(), conclusion);
});

test('a film that was stopped between its last segment and its conclusion makes that segment again', async (t) => {
  const folder = await makeWork(t);
  await addLast(folder);
  const { count, after } = await reopen(folder);
  t.is(count, 3);
  t.is(after, 2);
});

test('work with other settings is refused, and the message names the settings that differ', async (t) => {
  const folder = await makeWork(t);
  const error = await t.throwsAsync(Journal.open({ path: folder }, 'second', { codec: 'ffv1', size: 96 }), {
    instanceOf: AppError,
  });
  t.is(error.code, 'OUTPUT_EXISTS');
  t.regex(error.message, /size was 144, now 96$/);
  t.regex(error.cure ?? '', /--fresh/);
  t.is((await reopen(folder)).count, 3);
});

test('fresh deletes the old work', async (t) => {
  const folder = await makeWork(t);
  await using journal = await Journal.open({ path: folder }, 'second', {}, { fresh: true });
  t.is(journal.segments.length, 0);
  t.deepEqual(await readdir(folder), ['journal.jsonl']);
});

test('a folder that does not exist is reported as an output that cannot be written', async (t) => {
  const path = join(await tempFolder(t), 'none');
  const error = await t.throwsAsync(Journal.open({ path }, 'first', {}), { instanceOf: AppError });
  t.is(error.code, 'OUTPUT_UNWRITABLE');
});

test('work does not resume from a checkpoint that is not our JSON', async (t) => {
  const folder = await makeWork(t);
  const path = join(folder, 'checkpoint-00002.json');
  const text = await readFile(path, 'utf8');
  for (const bad of [serialize({ a: 1 }), '{', '{}', text.replace('"sinceAnswer":2', '"sinceAnswer":-1')]) {
    await writeFile(path, bad);
    await using journal = await Journal.open({ path: folder }, 'first', settings);
    t.is(journal.segments.length, 2);
    await writeFile(journal.segmentPath(2), 'segment 2');
    const segment = { number: 2, firstFrame: 4, frames: 2, firstPts: 400, lastPts: 500 };
    await journal.commit(segment, checkpointAfter(2));
  }
});

test('names in a journal that lead out of its folder are not followed', async (t) => {
  const folder = await makeWork(t);
  const path = join(folder, 'journal.jsonl');
  await writeFile(join(folder, '..', 'outside'), 'segment 0');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('"segment-00000.nut"', '"../outside"'));
  t.deepEqual(await reopen(folder), { count: 0, after: undefined });
  t.is(await readFile(join(folder, '..', 'outside'), 'utf8'), 'segment 0');
});

test('a file that is not our journal is not changed', async (t) => {
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'journal.jsonl'), '{"mine":true}\n');
  await t.throwsAsync(Journal.open({ path: folder }, 'first', {}), { code: 'OUTPUT_EXISTS' });
  t.is(await readFile(join(folder, 'journal.jsonl'), 'utf8'), '{"mine":true}\n');
});

test('work without a finished segment does not prevent other settings', async (t) => {
  const folder = await tempFolder(t);
  await (await Journal.open({ path: folder }, 'first', settings))[Symbol.asyncDispose]();
  await using journal = await Journal.open({ path: folder }, 'second', { codec: 'ffv1', size: 96 });
  t.is(journal.segments.length, 0);
});

test('work that an earlier version began is continued with its equal segments', async (t) => {
  const folder = await makeWork(t);
  const limits = { longest: 16, shortest: 4 };
  await using older = await Journal.open({ path: folder }, 'new', { codec: 'ffv1' }, { older: 'first' });
  t.is(older.segments.length, 3);
  t.deepEqual(older.limitsOf(limits), { longest: 16, shortest: undefined });
  t.regex(await readFile(join(folder, 'journal.jsonl'), 'utf8'), /^\{"type":"plan","fingerprint":"first"/);
  await using fresh = await Journal.open({ path: folder }, 'new', {}, { older: 'first', fresh: true });
  t.deepEqual(fresh.limitsOf(limits), limits);
});
