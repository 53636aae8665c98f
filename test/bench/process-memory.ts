import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { MemoryWatch, parseStat, processTree, sampleMemory } from '../../bench/support/process-memory.ts';
import { quantile } from '../../bench/support/statistics.ts';
import { AppError } from '../../src/errors.ts';
import { ffmpegPath } from '../helpers/run-ffmpeg.ts';

const linux = process.platform === 'linux' ? test : test.skip;

test('a line of /proc/PID/stat is read though the name has spaces and brackets', (t) => {
  t.deepEqual(parseStat('42 (tmux: a (b) c) S 7 42 42 0'), { pid: 42, name: 'tmux: a (b) c', parentPid: 7 });
  t.is(parseStat(''), undefined);
});

test('a tree contains the root and all its descendants, and no other process', (t) => {
  const all = [
    { pid: 5, parentPid: 3, name: 'd' },
    { pid: 1, parentPid: 0, name: 'a' },
    { pid: 2, parentPid: 1, name: 'b' },
    { pid: 3, parentPid: 2, name: 'c' },
    { pid: 4, parentPid: 1, name: 'e' },
  ];
  t.deepEqual(
    processTree(all, 2).map((entry) => entry.pid),
    [2, 3, 5],
  );
  t.deepEqual(processTree(all, 9), []);
});

linux('this process takes about the memory that it reports itself', (t) => {
  const { programMib, ffmpegMib } = sampleMemory(process.pid);
  const residentMib = process.memoryUsage.rss() / 2 ** 20;
  t.is(ffmpegMib, 0);
  t.true(programMib > residentMib / 4 && programMib < residentMib * 1.5, `${programMib} of ${residentMib}`);
});

linux('a child ffmpeg is counted apart from the program', async (t) => {
  const args = ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=640x480', '-f', 'rawvideo', '-'];
  const child = spawn(ffmpegPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    await once(child.stdout, 'readable'); // it has decoded, and now waits for a reader
    using watch = new MemoryWatch(process.pid, 5);
    while (watch.peak.samples < 2) await new Promise((resolve) => setImmediate(resolve));
    t.true(watch.peak.ffmpegMib > 5 && watch.peak.programMib > 5);
    t.true(watch.peak.totalMib <= watch.peak.ffmpegMib + watch.peak.programMib);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
});

test('quantiles are values of the set by nearest rank', (t) => {
  t.is(quantile([3, 1, 2], 0.5), 2);
  t.is(quantile([4, 1, 3, 2], 0.5), 2);
  t.is(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.95), 10);
  t.throws(() => quantile([], 0.5), { instanceOf: AppError });
});
