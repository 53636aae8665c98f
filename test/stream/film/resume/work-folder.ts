import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openWorkFolder } from '../../../../src/stream/film/resume/work-folder.ts';
import { tempFolder } from '../../../helpers/run-ffmpeg.ts';

test("a folder that contains anything else than a work folder's files is refused and not changed", async (t) => {
  const path = join(await tempFolder(t), 'reel.mkv.partial');
  await mkdir(path);
  await writeFile(join(path, 'journal.jsonl'), '');
  await writeFile(join(path, 'holiday.jpg'), 'mine');
  await t.throwsAsync(openWorkFolder(path), { code: 'OUTPUT_EXISTS', message: /it holds "holiday\.jpg"/ });
  t.deepEqual((await readdir(path)).sort(), ['holiday.jpg', 'journal.jsonl']);
  t.is(await readFile(join(path, 'holiday.jpg'), 'utf8'), 'mine');
});

test('links, pipes and folders with the names of work files are refused', async (t) => {
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'mine'), 'mine');
  for (const [name, make] of Object.entries({
    link: (path: string) => symlink(join(folder, 'mine'), path),
    pipe: (path: string) => Promise.resolve(spawnSync('mkfifo', [path])),
    folder: (path: string) => mkdir(path),
  })) {
    const path = join(folder, `${name}.partial`);
    await mkdir(path);
    await make(join(path, 'segment-00000.nut'));
    await t.throwsAsync(openWorkFolder(path), { code: 'OUTPUT_EXISTS', message: /is no plain file/ }, name);
  }
  await symlink(folder, join(folder, 'linked.partial'));
  await t.throwsAsync(openWorkFolder(join(folder, 'linked.partial')), { message: /it is a link/ });
});

test('a folder that others may write to is refused, and a new folder is only for the user', async (t) => {
  const path = join(await tempFolder(t), 'open.partial');
  await mkdir(path);
  await chmod(path, 0o777);
  await t.throwsAsync(openWorkFolder(path), { code: 'OUTPUT_EXISTS', message: /everyone may write/ });
  const own = join(await tempFolder(t), 'own.partial');
  await using work = await openWorkFolder(own);
  t.is((await stat(work.path)).mode & 0o777, 0o700);
});

test('removing a work folder deletes its own files and leaves files that were added', async (t) => {
  const path = join(await tempFolder(t), 'reel.mkv.partial');
  const work = await openWorkFolder(path);
  await writeFile(join(path, 'segment-00000.nut'), 'ours');
  await work.remove();
  t.false(existsSync(path));
  const other = await openWorkFolder(path);
  await writeFile(join(path, 'segment-00000.nut'), 'ours');
  await writeFile(join(path, 'notes.txt'), 'mine');
  await other.remove();
  t.deepEqual(await readdir(path), ['notes.txt']);
});

test('only one run at a time may use a folder, and it is free again after that run, however it ended', async (t) => {
  const path = join(await tempFolder(t), 'reel.mkv.partial');
  {
    await using work = await openWorkFolder(path);
    t.is(work.path, path);
    await t.throwsAsync(openWorkFolder(path), {
      code: 'OUTPUT_EXISTS',
      message: new RegExp(`reel.mkv.partial: another run \\(process ${process.pid}\\) is working on it`),
    });
  }
  await t.notThrowsAsync(async () => (await openWorkFolder(path))[Symbol.asyncDispose]());
  const killed = spawn('sleep', ['600']);
  await writeFile(join(path, 'lock'), JSON.stringify({ pid: killed.pid, started: '1' }));
  await t.notThrowsAsync(
    async () => (await openWorkFolder(path))[Symbol.asyncDispose](),
    'another process has its number',
  );
  killed.kill('SIGKILL');
  await writeFile(join(path, 'lock'), '');
  await t.notThrowsAsync(async () => (await openWorkFolder(path))[Symbol.asyncDispose](), 'cut by a crash');
});
