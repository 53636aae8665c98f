import test from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { startFfmpeg } from '../../../src/ingest/ffmpeg/process.ts';

const endless = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64', '-f', 'rawvideo', 'pipe:1'];
const { signal } = new AbortController();

test("ffmpeg's output arrives and its exit code is 0", async (t) => {
  const args = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64', '-frames:v', '2', '-f', 'rawvideo', 'pipe:1'];
  await using ffmpeg = startFfmpeg({ name: 'test', args, stdout: 'pipe', signal });
  t.is((await buffer(ffmpeg.stdout)).length, 2 * 64 * 64 * 1.5);
  t.deepEqual(await ffmpeg.exited, { code: 0 });
});

test('log lines have their level, and the last ones are kept', async (t) => {
  const lines: [string, string][] = [];
  const args = ['-i', '/nowhere/reel.mkv', '-f', 'null', '-'];
  await using ffmpeg = startFfmpeg({
    name: 'test',
    args,
    signal,
    onLog: (level, text) => lines.push([level, text]),
  });
  t.not((await ffmpeg.exited).code, 0);
  t.true(
    lines.some(([level, text]) => /error|fatal/.test(level) && text.includes('No such file')),
    JSON.stringify(lines),
  );
  t.regex(ffmpeg.stderrTail, /No such file or directory/);
});

test('aborting the signal ends an ffmpeg whose output nobody reads', async (t) => {
  const abort = new AbortController();
  const ffmpeg = startFfmpeg({ name: 'test', args: endless, stdout: 'pipe', signal: abort.signal });
  await once(ffmpeg.stdout, 'readable');
  abort.abort();
  await ffmpeg.exited;
  t.false(isAlive(ffmpeg.pid));
});

test('disposal can be repeated, and the process is gone after it', async (t) => {
  const ffmpeg = startFfmpeg({ name: 'test', args: endless, stdout: 'pipe', signal });
  await once(ffmpeg.stdout, 'readable');
  t.true(isAlive(ffmpeg.pid));
  await ffmpeg[Symbol.asyncDispose]();
  t.false(isAlive(ffmpeg.pid));
  await ffmpeg[Symbol.asyncDispose]();
});

test.serial('a missing ffmpeg is an FFMPEG_MISSING error that says what to install', async (t) => {
  const before = process.env['FFMPEG_PATH'];
  process.env['FFMPEG_PATH'] = '/nowhere/ffmpeg';
  t.teardown(() => {
    if (before === undefined) delete process.env['FFMPEG_PATH'];
    else process.env['FFMPEG_PATH'] = before;
  });
  const ffmpeg = startFfmpeg({ name: 'decoder', args: [], signal });
  const error = await t.throwsAsync(ffmpeg.exited, { code: 'FFMPEG_MISSING' });
  t.regex(error.message, /decoder.*\/nowhere\/ffmpeg/);
  t.true('cure' in error && /apt-get install ffmpeg/.test(String(error.cure)));
});

const guards = process.platform === 'linux' && existsSync('/usr/bin/setpriv');
(guards ? test : test.skip)('no ffmpeg outlives a program that is killed with -9', async (t) => {
  const module = new URL('../../../src/ingest/ffmpeg/process.js', import.meta.url).href;
  const script = `
    const { startFfmpeg } = await import(${JSON.stringify(module)});
    const args = ${JSON.stringify(endless)};
    const ffmpeg = startFfmpeg({ name: 'test', args, stdout: 'pipe', signal: new AbortController().signal });
    ffmpeg.stdout.once('readable', () => console.log(ffmpeg.pid));
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
  const pid = Number(line);
  t.true(isAlive(pid));
  parent.kill('SIGKILL');
  await once(parent, 'close');
  t.true(await isGoneWithin(pid, 5000));
});

/** Whether a process exists and is not a zombie. */
function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Polls until the process is gone, because there is no event for another process's child. */
async function isGoneWithin(pid: number, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (isAlive(pid)) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return true;
}
