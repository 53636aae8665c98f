import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { probe } from '../../../../src/ingest/film/probe.ts';
import { openSource } from '../../../../src/ingest/film/source-input.ts';
import { planCarry } from '../../../../src/stream/film/finish/plan-carry.ts';
import { ffmpegPath, runFfmpeg, tempFolder } from '../../../helpers/run-ffmpeg.ts';

test('200 subtitle tracks take one trial of ffmpeg, whether the container takes them or not', async (t) => {
  const folder = await tempFolder(t);
  const [film, words] = [join(folder, 'film.mkv'), join(folder, 'a.srt')];
  await writeFile(words, '1\n00:00:00,000 --> 00:00:00,100\nA word.\n');
  await runFfmpeg([
    ...['-f', 'lavfi', '-i', 'color=gray:s=32x32:r=10:d=0.2', '-i', words, '-map', '0'],
    ...Array.from({ length: 200 }, () => ['-map', '1']).flat(),
    ...['-c:v', 'ffv1', '-c:s', 'srt', film],
  ]);
  const [counting, runs] = [join(folder, 'ffmpeg'), join(folder, 'runs')];
  await writeFile(counting, `#!/bin/sh\necho run >> '${runs}'\nexec '${ffmpegPath}' "$@"\n`);
  await chmod(counting, 0o755);
  await using input = await openSource(film);
  const { others } = await probe(input);
  t.is(others.length, 200);
  process.env['FFMPEG_PATH'] = counting;
  const { signal } = new AbortController();
  for (const [container, action] of [
    ['mkv', 'copy'],
    ['mp4', 'convert'],
  ] as const) {
    await writeFile(runs, '');
    const plans = await planCarry([...input.options, '-i', input.url], others, container, signal);
    t.true(plans.every((plan) => plan.action === action));
    t.is((await readFile(runs, 'utf8')).trim().split('\n').length, 1);
  }
});
