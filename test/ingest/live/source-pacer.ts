import test from 'ava';
import { setTimeout as delay } from 'node:timers/promises';
import { SourcePacer } from '../../../src/ingest/live/source-pacer.ts';
import { HttpSource } from '../../helpers/http-source.ts';
import { runFfmpeg } from '../../helpers/run-ffmpeg.ts';
import { watchFeed } from '../../helpers/watched-feed.ts';

test('an even source is not delayed', (t) => {
  const pacer = new SourcePacer();
  for (let i = 0; i < 1000; i++) t.true(pacer.holdMs(i * 40, 5000 + i * 40) < 1);
});

test('bursts of 2 s leave evenly after the first gap', (t) => {
  const pacer = new SourcePacer();
  const shown: number[] = [];
  for (let i = 0; i < 500; i++) {
    const arrivedMs = Math.floor(i / 50) * 2000;
    const nowMs = Math.max(arrivedMs, shown.at(-1) ?? 0);
    shown.push(nowMs + pacer.holdMs(i * 40, nowMs));
  }
  const gaps = shown.slice(100).map((ms, i) => ms - (shown[99 + i] ?? 0));
  t.true(
    Math.min(...gaps) >= 35 && Math.max(...gaps) <= 75,
    `${Math.min(...gaps)} to ${Math.max(...gaps)} ms`,
  );
});

test('a jump of the timestamps delays nothing for longer than 30 s', (t) => {
  const pacer = new SourcePacer();
  pacer.holdMs(0, 0);
  t.is(pacer.holdMs(10_000_000, 40), 30_000);
});

test.serial(
  'a film whose fragments arrive every 2 s over HTTP is shown at its own rate, without a stall',
  async (t) => {
    const { stdout } = await runFfmpeg([
      ...[
        '-f',
        'lavfi',
        '-i',
        'testsrc2=s=160x120:r=20:d=20',
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-g',
        '40',
      ],
      ...['-movflags', 'frag_keyframe+empty_moov+default_base_moof', '-f', 'mp4', '-'],
    ]);
    const starts = [...stdout.toString('latin1').matchAll(/moof/g)].map(({ index }) => index - 4);
    const pieces = starts.map((start, i) => stdout.subarray(start, starts[i + 1]));
    await using source = await HttpSource.start((response) => {
      void (async () => {
        response.write(stdout.subarray(0, starts[0]));
        for (const piece of pieces) {
          response.write(piece);
          await delay(2000);
        }
      })();
    });
    await using watched = watchFeed({ source: source.url('/live') });
    await watched.untilFrames(90, 30_000);
    const [startMs, start] = [performance.now(), watched.times.length];
    await watched.untilFrames(80, 30_000);
    const fps = ((watched.times.length - start) * 1000) / (performance.now() - startMs);
    t.true(Math.abs(fps - 20) < 4, `${fps} fps`);
    const gaps = watched.times.slice(start + 1).map((ms, i) => ms - (watched.times[start + i] ?? 0));
    t.true(Math.max(...gaps) < 500, `${Math.max(...gaps)} ms without a frame`);
    t.is(watched.dropped.rate, 0);
    t.deepEqual(watched.kinds, ['connecting', 'live']);
  },
);
