/** Difficult films and machines: damaged films, full disks, pipes. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { ffmpegsNaming, sameLuma, runProgram } from '../helpers/program.ts';
import { probeCsv, runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';
import { smallEmbedding } from '../helpers/small-embedding.ts';

const main = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));

/** A small picture for the network, because these tests do not check its colour. */
const small = ['--size', '64', '--embedding', smallEmbedding];

function source(size: string, seconds: number): string[] {
  return ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=12:duration=${seconds}`, '-pix_fmt', 'yuv420p'];
}

async function frameCount(film: string): Promise<number> {
  return (await probeCsv(film, '-select_streams', 'v', '-show_entries', 'packet=pts')).length;
}

test.serial(
  'a film with overwritten bytes in its middle is coloured to its end, with exit code 5 and the time of the damage',
  async (t) => {
    const folder = await tempFolder(t);
    const [input, output] = [join(folder, 'in.mkv'), join(folder, 'out.mkv')];
    await runFfmpeg([...source('160x120', 4), '-c:v', 'libx264', '-g', '8', '-bf', '0', input]);
    const bytes = await readFile(input);
    bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 1500);
    await writeFile(input, bytes);
    const { code, stderr } = await runProgram('file', input, '-o', output, '--codec', 'ffv1', ...small);
    t.is(code, 5, stderr);
    t.regex(stderr, /damaged: corrupted at \d+\.\d+ s \(\d+ faults?\)/);
    t.true((await frameCount(output)) >= 36);
    t.deepEqual(ffmpegsNaming(folder), []);
  },
);

test.serial(
  'a film whose size, pixel aspect and fields change midway keeps its first form, and a warning names each change',
  async (t) => {
    const folder = await tempFolder(t);
    const [input, output] = [join(folder, 'in.ts'), join(folder, 'out.mkv')];
    const pieces = [];
    for (const [i, size] of ['160x120', '192x144'].entries()) {
      const piece = join(folder, `${i}.ts`);
      const offset = ['-output_ts_offset', String(i)];
      const form = i === 0 ? [] : ['-vf', 'setsar=16/15', '-x264-params', 'tff=1'];
      await runFfmpeg([...source(size, 1), ...form, '-c:v', 'libx264', ...offset, piece]);
      pieces.push(await readFile(piece));
    }
    await writeFile(input, Buffer.concat(pieces));
    const { stderr } = await runProgram('file', input, '-o', output, '--codec', 'ffv1', ...small);
    t.regex(
      stderr,
      /at \d\.\d+ s the picture changes from 160x120 to 192x144: it is scaled to its first size/,
    );
    t.regex(stderr, /the shape of its pixels changes from 1\/1 to 16\/15/);
    t.regex(stderr, /the film changes from progressive to interlaced, \w+ field first/);
    t.deepEqual(await probeCsv(output, '-select_streams', 'v', '-show_entries', 'stream=width,height'), [
      '160,120',
    ]);
    t.true((await frameCount(output)) >= 22);
  },
);

test.serial('a full disk ends with exit code 6, and finished segments stay', async (t) => {
  const folder = await tempFolder(t);
  const [input, disk] = [join(folder, 'in.mkv'), join(folder, 'disk')];
  await mkdir(disk);
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status === 0;
  if (!isMounted) {
    t.log('skipped: a small disk can be mounted by root only');
    t.pass();
    return;
  }
  try {
    await runFfmpeg([...source('160x120', 6), '-vf', 'noise=alls=80:allf=t', '-c:v', 'ffv1', input]);
    const output = join(disk, 'out.mkv');
    const { code, stderr } = await runProgram(
      ...['file', input, '-o', output, '--codec', 'ffv1', '--segment-frames', '8', ...small],
    );
    t.is(code, 6, stderr);
    t.regex(stderr, /disk is full.*\n {2}what to do: free/);
    t.true((await readdir(`${output}.partial`)).includes('checkpoint-00001.json'));
    t.false(existsSync(output));
    t.deepEqual(ffmpegsNaming(disk), []);
  } finally {
    spawnSync('umount', ['-l', disk]);
  }
});

test.serial('an impossible folder is refused with exit code 6', async (t) => {
  const folder = await tempFolder(t);
  const [input, file] = [join(folder, 'in.mkv'), join(folder, 'file')];
  await runFfmpeg([...source('160x120', 1), '-c:v', 'ffv1', input]);
  await writeFile(file, '');
  const { code, stderr } = await runProgram('file', input, '-o', join(file, 'out.mkv'));
  t.is(code, 6, stderr);
  t.regex(stderr, /can't be written[\s\S]*what to do: /);
  if (process.platform !== 'linux') return;
  const nowhere = await runProgram('file', input, '-o', '/proc/nowhere/out.mkv');
  t.is(nowhere.code, 6, nowhere.stderr);
});

test.serial('a film goes in by standard input and out by standard output', async (t) => {
  const folder = await tempFolder(t);
  const [input, output] = [join(folder, 'in.mkv'), join(folder, 'out.mkv')];
  await runFfmpeg([...source('160x120', 1), '-c:v', 'ffv1', input]);
  const child = spawn(process.execPath, [main, 'file', '-', '-o', '-', '--codec', 'ffv1', ...small]);
  const code = new Promise((resolve) => child.once('close', resolve));
  child.stdin.end(await readFile(input));
  const [film, words] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  t.is(await code, 0, words.toString());
  await writeFile(output, film);
  await sameLuma(t, output, input);
});

test.serial(
  'a film ends and leaves nothing if standard output cannot be written or nobody reads it any more',
  async (t) => {
    const folder = await tempFolder(t);
    const input = join(folder, 'in.mkv');
    await runFfmpeg([...source('160x120', 1), '-vf', 'noise=alls=80:allf=t', '-c:v', 'ffv1', input]);
    const temporary = join(folder, 'temporary');
    await mkdir(temporary);
    const run = (to: string): ReturnType<typeof spawnSync> =>
      spawnSync(
        'bash',
        [
          '-c',
          `set -o pipefail; "$0" "$1" file "$2" -o - --codec ffv1 ${small.join(' ')} ${to}`,
          process.execPath,
          main,
          input,
        ],
        {
          env: { ...process.env, TMPDIR: temporary },
        },
      );
    const unread = run('| head -c 100');
    t.is(unread.status, 0, String(unread.stderr));
    t.deepEqual(await readdir(temporary), []);
    if (!existsSync('/dev/full')) return;
    const full = run('> /dev/full');
    t.is(full.status, 6, String(full.stderr));
    t.regex(String(full.stderr), /standard output: can't be written/);
    t.deepEqual(await readdir(temporary), []);
  },
);
