/**
 * Question: what does a short film cost before its first frame and after its last? So only the start counts: the
 * program itself, its networks, a palette and the ffmpeg processes.
 *
 * With `--against`, this build and another one take turns, and the ratio is computed within each turn.
 *
 *   node dist/bench/start.js [--repeats 5] [--against OTHER/dist/src/main.js] [-- OPTIONS OF chromafeed file]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ffmpegPath, runChild } from './support/child.ts';
import { describeEnvironment } from './support/environment.ts';
import { costOf, type Cost } from './support/processor-time.ts';
import { quantile } from './support/statistics.ts';

const own = fileURLToPath(new URL('../src/main.js', import.meta.url));
const sample = fileURLToPath(new URL('../../samples/his_girl_friday.mp4', import.meta.url));
const frames = 6;
const argv = process.argv.slice(2);
const split = argv.includes('--') ? argv.indexOf('--') : argv.length;
const { values } = parseArgs({
  args: argv.slice(0, split),
  options: { repeats: { type: 'string', default: '5' }, against: { type: 'string' } },
});
const folder = await mkdtemp(join(tmpdir(), 'chromafeed-start-'));
try {
  const film = join(folder, 'in.mkv');
  const cut = ['-frames:v', String(frames), '-vf', 'scale=160:120', '-an', '-c:v', 'ffv1'];
  await runChild(ffmpegPath(), ['-v', 'error', '-i', sample, ...cut, film]);
  const programs = values.against === undefined ? { own } : { own, against: values.against };
  const command = ['file', film, '-o', join(folder, 'out.mkv'), '-y', ...argv.slice(split + 1)];
  const turns: Record<string, Cost>[] = [];
  for (let turn = 0; turn < Number(values.repeats); turn++) {
    const costs: Record<string, Cost> = {};
    for (const [name, main] of Object.entries(programs))
      costs[name] = await costOf(() => runChild(process.execPath, [main, ...command]));
    turns.push(costs);
  }
  const median = (read: (costs: Record<string, Cost>) => number): number =>
    Math.round(1000 * quantile(turns.map(read), 0.5)) / 1000;
  const figures = (name: string): Cost => ({
    wallS: median((costs) => costs[name]?.wallS ?? NaN),
    processorS: median((costs) => costs[name]?.processorS ?? NaN),
  });
  const ratios = {
    wall: median(({ own: mine, against }) => (mine?.wallS ?? NaN) / (against?.wallS ?? NaN)),
    processor: median(({ own: mine, against }) => (mine?.processorS ?? NaN) / (against?.processorS ?? NaN)),
  };
  console.log(
    JSON.stringify(
      {
        environment: await describeEnvironment(),
        frames,
        repeats: turns.length,
        own: figures('own'),
        ...(values.against === undefined ? {} : { against: figures('against'), ownOverAgainst: ratios }),
      },
      undefined,
      2,
    ),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
