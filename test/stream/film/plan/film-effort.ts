import test from 'ava';
import { announceEffort, effortOf, type FilmFacts } from '../../../../src/stream/film/plan/film-effort.ts';
import type { Reporter } from '../../../../src/log/reporter.ts';

/** Two hours of 1920 x 1080 at 24 frames per second. */
const reel: FilmFacts = {
  name: 'reel.mkv',
  output: '/films/reel.color.mkv',
  size: { widthPx: 1920, heightPx: 1080 },
  bitDepth: 8,
  frames: 2 * 3600 * 24,
  codec: 'libx264',
  networkSize: { widthPx: 256, heightPx: 144 },
  networkEvery: 4,
  device: 'cpu',
};

function listener(): { said: string[]; events: unknown[]; reporter: Pick<Reporter, 'line' | 'warn'> } {
  const said: string[] = [];
  const events: unknown[] = [];
  const reporter: Pick<Reporter, 'line' | 'warn'> = {
    line: (text, event) => {
      said.push(text);
      events.push(event);
    },
    warn: (text) => void said.push(`warning: ${text}`),
  };
  return { said, events, reporter };
}

const free = (bytes: number) => (): Promise<number> => Promise.resolve(bytes);

test('the estimate for 1920 x 1080 on two cores is the measured speed, 3 frames per second', (t) => {
  const { seconds } = effortOf(reel, 2)!;
  const fps = reel.frames! / seconds;
  t.true(fps > 2.5 && fps < 3.5, `${fps}`);
});

test('the time and space for a long film are reported before work starts', async (t) => {
  const { said, events, reporter } = listener();
  await announceEffort(reel, reporter, free(100e9));
  t.is(said.length, 1);
  t.regex(said[0]!, /^reel\.mkv: about \d+ h \d+ min of work and 22\.\d GB of space .*; 100\.0 GB free$/);
  t.like(events[0], { event: 'estimate', input: 'reel.mkv', free: 100e9 });
});

test('a short film and a film of unknown length cause no message', async (t) => {
  const { said, reporter } = listener();
  await announceEffort({ ...reel, frames: 48 }, reporter, free(100e9));
  await announceEffort({ ...reel, frames: undefined }, reporter, free(0));
  t.deepEqual(said, []);
});

test('a disk that is certainly too small is refused, and the message has the figures', async (t) => {
  await t.throwsAsync(announceEffort({ ...reel, codec: 'ffv1' }, listener().reporter, free(200e9)), {
    code: 'DISK_FULL',
    message: /reel\.mkv: expected about 537\.\d GB of free space in \/films .* but got 200\.0 GB/,
  });
});

test('a disk that may be too small causes a warning', async (t) => {
  const { said, reporter } = listener();
  await announceEffort(reel, reporter, free(15e9));
  t.regex(said[1]!, /^warning: \/films has 15\.0 GB free, which may be too little for about 22\.\d GB/);
});
