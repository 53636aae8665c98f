import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { supervise } from '../../../src/cli/train/supervise.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

async function script(t: ExecutionContext, text: string): Promise<string> {
  const path = join(await tempFolder(t), 'child.mjs');
  await writeFile(path, text);
  return path;
}

test('the exit code of the process that trains is the exit code of the command', async (t) => {
  const child = await script(t, 'process.exit(process.argv[2] === "seven" ? 7 : 1);');
  t.is(await supervise({ script: child, args: ['seven'], signal: new AbortController().signal }), 7);
});

test('a signal reaches the process that trains, which ends by itself', async (t) => {
  const child = await script(
    t,
    'process.on("SIGINT", () => process.exit(130)); process.stderr.write(""); setInterval(() => {}, 1000);',
  );
  const stop = new AbortController();
  const ended = supervise({ script: child, args: [], signal: stop.signal });
  setTimeout(() => stop.abort(), 1500);
  t.is(await ended, 130);
});

test('a process whose step never ends is killed after a signal', async (t) => {
  const child = await script(t, 'process.on("SIGINT", () => {}); for (;;) {}');
  const stop = new AbortController();
  const ended = supervise({ script: child, args: [], signal: stop.signal, patienceMs: 300 });
  setTimeout(() => stop.abort(), 1500);
  t.is(await ended, 130);
});

test('a process that the system kills is an error that says what to do', async (t) => {
  const child = await script(t, 'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);');
  const error = await t.throwsAsync(
    supervise({ script: child, args: [], signal: new AbortController().signal }),
    { code: 'DEVICE_UNAVAILABLE', message: /ended by SIGKILL; most likely memory ran out/ },
  );
  t.regex(String((error as Error & { cure?: string }).cure), /smaller --batch-size/);
});
