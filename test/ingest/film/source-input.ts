import { spawnSync } from 'node:child_process';
import test from 'ava';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { link, mkdir, readdir, readlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { probe } from '../../../src/ingest/film/probe.ts';
import { openSource, spoolStdin } from '../../../src/ingest/film/source-input.ts';
import { ffmpegsNaming, until } from '../../helpers/program.ts';
import { runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

test('standard input is stored until the input is disposed of, and can be read like a file', async (t) => {
  const args = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:d=1', '-c:v', 'libx264', '-f', 'matroska', 'pipe:1'];
  const { stdout } = await runFfmpeg(args);
  const folder = await tempFolder(t);
  async function* stream(): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    for (let at = 0; at < stdout.length; at += 1000) yield stdout.subarray(at, at + 1000);
  }
  {
    await using input = await spoolStdin(stream(), { folder, signal: new AbortController().signal });
    t.is((await probe(input)).video.codec, 'h264');
    t.is((await readdir(folder)).length, 1);
  }
  t.deepEqual(await readdir(folder), []);
});

test('an empty standard input is refused and leaves nothing behind', async (t) => {
  const folder = await tempFolder(t);
  async function* nothing(): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    yield* [];
  }
  const { signal } = new AbortController();
  await t.throwsAsync(spoolStdin(nothing(), { folder, signal }), {
    code: 'INPUT_UNSUPPORTED',
    message: /expected a film but it is empty/,
  });
  t.deepEqual(await readdir(folder), []);
});

test('aborting while standard input is stored leaves nothing behind', async (t) => {
  const folder = await tempFolder(t);
  const abort = new AbortController();
  const reason = new Error('stopped by SIGINT');
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (let n = 0; ; n++) {
      if (n === 10) abort.abort(reason);
      await new Promise((resolve) => setImmediate(resolve));
      yield new Uint8Array(1000);
    }
  }
  t.is(await t.throwsAsync(spoolStdin(endless(), { folder, signal: abort.signal })), reason);
  t.deepEqual(await readdir(folder), []);
});

test('numbered pictures are read in the order of their numbers, and gaps are reported', async (t) => {
  const folder = join(await tempFolder(t), 'reel');
  await mkdir(folder);
  for (const n of [9, 10, 11, 14, 100]) await writeFile(join(folder, `f${n}.dpx`), 'x');
  await writeFile(join(folder, '.DS_Store'), 'x');
  for (const path of [folder, join(folder, 'f%d.dpx')]) {
    const input = await openSource(path);
    const links = dirname(input.url);
    const targets = await Promise.all(
      (await readdir(links)).sort().map((name) => readlink(join(links, name))),
    );
    t.deepEqual(
      targets,
      [9, 10, 11, 14, 100].map((n) => join(folder, `f${n}.dpx`)),
    );
    t.regex(input.notices.join('\n'), /2 gaps, at 12, 15/);
    t.true(input.options.join(' ').includes('-framerate 24'));
    await input[Symbol.asyncDispose]();
    t.false(existsSync(links));
  }
});

test('a padded pattern matches only numbers of its width or longer', async (t) => {
  const folder = await tempFolder(t);
  for (const name of ['f_0001.png', 'f_0002.png', 'f_3.png', 'f_00004.png', 'f_10000.png', 'g_0001.png']) {
    await writeFile(join(folder, name), 'x');
  }
  await using input = await openSource(join(folder, 'f_%04d.png'));
  const links = dirname(input.url);
  const targets = await Promise.all((await readdir(links)).sort().map((name) => readlink(join(links, name))));
  t.deepEqual(
    targets,
    ['f_0001.png', 'f_0002.png', 'f_10000.png'].map((name) => join(folder, name)),
  );
});

test('a folder of films does not count as a sequence of pictures', async (t) => {
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'a.mkv'), 'x');
  await writeFile(join(folder, 'b.mkv'), 'x');
  await t.throwsAsync(openSource(folder), { code: 'INPUT_UNSUPPORTED', message: /numbered pictures/ });
});

test('a pipe or a device is refused, and not waited for', async (t) => {
  const pipe = join(await tempFolder(t), 'film.mkv');
  spawnSync('mkfifo', [pipe]);
  for (const path of [pipe, '/dev/zero'])
    await t.throwsAsync(openSource(path), { code: 'INPUT_UNSUPPORTED', message: /a pipe or a device/ });
});

test('an empty picture of a sequence is an error that names it', async (t) => {
  const folder = await tempFolder(t);
  for (const i of [1, 2, 3, 4, 5]) await writeFile(join(folder, `p_${i}.png`), i === 3 ? '' : 'x');
  const error = await t.throwsAsync(openSource(join(folder, 'p_%d.png')), { code: 'INPUT_DAMAGED' });
  t.regex(error.message, /p_3\.png is empty/);
});

test('with skipBad, the previous picture replaces an empty or unreadable one, and this is counted', async (t) => {
  const folder = await tempFolder(t);
  const pattern = join(folder, 'p_%d.png');
  await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=5:d=1', '-start_number', '1', pattern]);
  await writeFile(join(folder, 'p_1.png'), '');
  await writeFile(join(folder, 'p_4.png'), 'no picture');
  await using input = await openSource(pattern, { skipBad: true });
  t.deepEqual(
    input.files.map((file) => file.slice(folder.length + 1)),
    [2, 2, 3, 3, 5].map((number) => `p_${number}.png`),
  );
  t.deepEqual(input.notices, [
    "2 of 5 pictures can't be read, and the previous picture is shown instead: p_1.png, p_4.png",
  ]);
  const { stdout } = await runFfmpeg([...input.options, '-i', input.url, '-f', 'framecrc', '-']);
  t.is(
    stdout
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('0,')).length,
    5,
  );
});

test('the search for bad pictures ends when it is stopped, and leaves no folder of links', async (t) => {
  const folder = await tempFolder(t);
  const picture = join(folder, 'p_0000.png');
  await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=s=640x480', '-frames:v', '1', picture]);
  for (let i = 1; i < 2000; i++) await link(picture, join(folder, `p_${String(i).padStart(4, '0')}.png`));
  const pattern = join(folder, 'p_%04d.png');
  const stop = new AbortController();
  const opening = openSource(pattern, { skipBad: true, signal: stop.signal });
  await until(
    () => linksTo(folder).some((name) => ffmpegsNaming(name).length > 0),
    'ffmpeg looks at pictures',
  );
  const reason = new Error('Ctrl-C');
  stop.abort(reason);
  t.is(await t.throwsAsync(opening), reason);
  t.deepEqual(linksTo(folder), []);
});

/** Names of the temporary folders of links to the pictures in a folder. Other tests have such folders, too. */
function linksTo(folder: string): string[] {
  return readdirSync(tmpdir()).filter((name) => {
    if (!name.startsWith('chromafeed-sequence-')) return false;
    try {
      const [link] = readdirSync(join(tmpdir(), name));
      return link !== undefined && readlinkSync(join(tmpdir(), name, link)).startsWith(folder);
    } catch {
      return false; // another test has removed it
    }
  });
}
