/**
 * Question: do films survive everything that can happen to a farm? 20 reels go through three workers, each in a network
 * of its own where root may make one, while 50 random faults hit them: workers killed, stopped, drained, cut off and
 * slowed, Redis restarted with and without its data, films cancelled and submitted again. At the end every reel must be
 * there once, packet by packet as `file` makes it, and nothing else may be in the folder for results.
 *
 *   node dist/bench/farm-soak.js [--reels 20] [--faults 50] [--workers 3] [--seed 1] [--s3] [--keep]
 *
 * Needs redis-server. Prints JSON, with exit code 1 if anything differs; `--keep` keeps the logs of the workers.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomFrom } from '../src/train/random.ts';
import { probeCsv } from '../test/helpers/run-ffmpeg.ts';
import { SoakFarm } from './farm-faults/soak-farm.ts';
import { makeReels } from './farm-faults/soak-reels.ts';
import { SoakRun } from './farm-faults/soak-run.ts';
import { describeEnvironment } from './support/environment.ts';

const { values } = parseArgs({
  options: {
    reels: { type: 'string', default: '20' },
    faults: { type: 'string', default: '50' },
    workers: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    s3: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const [reelCount, faultCount, seed] = [Number(values.reels), Number(values.faults), Number(values.seed)];
const filmOptions = [
  ...['--model', 'starter', '--device', 'cpu', '--size', '64', '--network-every', '1'],
  ...['--segment-frames', '8', '--codec', 'ffv1', '--recolor'],
];

const folder = await mkdtemp(join(tmpdir(), 'chromafeed-farm-soak-'));
let isGood = false;
try {
  isGood = await soak();
} finally {
  if (values.keep || !isGood) console.error(`logs: ${folder}`);
  else await rm(folder, { recursive: true, force: true });
}
process.exitCode = isGood ? 0 : 1;

async function soak(): Promise<boolean> {
  const reels = await makeReels(join(folder, 'reels'), reelCount);
  await using farm = await SoakFarm.open(folder, Number(values.workers), values.s3);
  const alone = new Map<string, readonly string[]>();
  await farm.command('file', join(folder, 'reels'), '-o', `${join(folder, 'alone')}/`, ...filmOptions);
  for (const name of reels.map(nameOf))
    alone.set(name, await packetsOf(join(folder, 'alone', name.replace('.mkv', '.color.mkv'))));
  const startMs = performance.now();
  const run = new SoakRun(farm, { reels, options: filmOptions }, faultCount);
  await run.hitAll(randomFrom(seed));
  const afterFaultsMs = performance.now();
  await run.untilFinished();
  const endMs = performance.now();
  const drained = await Promise.all(farm.workers.map((worker) => worker.end('SIGTERM')));
  const films = await farm.list();
  const stored = await farm.stored();
  const different: string[] = [];
  for (const [name, packets] of alone)
    if (stored.includes(name) && !isSame(await packetsOf(await farm.fetch(name)), packets))
      different.push(name);
  const leftInCaches = await farm.leftInCaches();
  const expected = [...alone.keys()].sort();
  const result = {
    environment: await describeEnvironment(),
    storage: values.s3 ? 's3' : 'folder',
    seed,
    workers: farm.workers.length,
    networks: farm.workers.every(({ hasNetwork }) => hasNetwork),
    reels: reels.length,
    faults: run.counts,
    faultsWhileFilmsWereMade: run.hitsWithFilms,
    faultErrors: run.errors,
    parkedAndRetried: run.retried,
    wallS: Math.round((endMs - startMs) / 1000),
    afterTheLastFaultS: Math.round((endMs - afterFaultsMs) / 1000),
    workersThatEndedByThemselves: farm.workers.map(({ ownEnds }) => ownEnds),
    drained,
    finished: films.filter(({ state }) => state === 'finished').length,
    missing: expected.filter((name) => !stored.includes(name)),
    different,
    leftOver: stored.filter((name) => !alone.has(name)),
    leftInCaches,
  };
  console.log(JSON.stringify(result, undefined, 2));
  return (
    result.missing.length +
      different.length +
      result.leftOver.length +
      leftInCaches.length +
      run.errors.length ===
      0 && drained.every((code) => code === 0 || code === 1) // 1: a film failed here, because its child was killed
  );
}

/** Every packet of every stream: time, length, flags and MD5. */
function packetsOf(path: string): Promise<string[]> {
  const entries = 'packet=stream_index,pts,dts,duration,size,flags,data_hash';
  return probeCsv(path, '-show_entries', entries, '-show_data_hash', 'md5');
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length > 0 && one.join('\n') === other.join('\n');
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
