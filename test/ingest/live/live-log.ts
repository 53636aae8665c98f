import test from 'ava';
import { LiveLog } from '../../../src/ingest/live/live-log.ts';
import { SaturationReader } from '../../../src/ingest/live/saturation-reader.ts';

test("the last informative error is kept, without ffmpeg's prefixes", (t) => {
  const { log } = start();
  t.is(log.lastProblem, undefined);
  log.line('error', '[tcp @ 0x55] Connection to tcp://127.0.0.1:9?timeout=0 failed: Connection refused');
  log.line('error', "[concat @ 0x55] Impossible to open 'rtsp://a:b@127.0.0.1:9/'");
  t.regex(log.lastProblem ?? '', /^connection refused/);
  log.line('warning', 'deprecated pixel format used');
  log.line('error', 'pipe:0: Connection refused');
  t.is(log.lastProblem, 'connection refused: nothing listens on this address and port');
});

test("the last informative error of ffmpeg 7 is kept, without ffmpeg's prefixes", (t) => {
  const { log } = start();
  log.line('error', "[concat @ 0x55] Impossible to open 'rtsp://a:b@127.0.0.1:9/'");
  log.line('error', '[in#0 @ 0x55] Error opening input: Connection refused');
  log.line('error', 'Error opening input file pipe:0.');
  log.line('fatal', 'Error opening input files: Connection refused');
  t.is(log.lastProblem, 'connection refused: nothing listens on this address and port');
});

test('a source without video is reported as such', (t) => {
  const { log } = start();
  log.line('fatal', "Stream map '0:v:0' matches no streams.");
  t.is(log.lastProblem, 'the source has no video');
  for (const more of [
    "Failed to set value '0:v:0' for option 'map': Invalid argument",
    'Error parsing options for output file pipe:1.',
    'Error opening output files: Invalid argument',
  ])
    log.line('error', more);
  t.is(log.lastProblem, 'the source has no video', 'with ffmpeg 7');
});

test('each change of size or of pixel aspect is reported once', (t) => {
  const { log, changes } = start();
  for (const shape of ['sar:0/1 s:320x240', 'sar:1/1 s:320x240', 'sar:1/1 s:240x320', 'sar:12/11 s:240x320'])
    for (const n of [0, 1])
      log.line(
        'info',
        `[Parsed_showinfo_2 @ 0x55] n:   ${n} pts:  0 pts_time:0 fmt:yuv420p ${shape} i:P iskey:1`,
      );
  t.deepEqual(changes, [
    ['320x240', '240x320'],
    ['240x320', '240x320 (pixels 12/11)'],
  ]);
});

test('saturation is read from chunks of any length', (t) => {
  const text =
    'frame:0    pts:0       pts_time:0\nlavfi.signalstats.SATHIGH=110.253\nframe:1 pts:2\nlavfi.signalstats.SATHIGH=0\n';
  for (let size = 1; size < 40; size++) {
    const values: number[] = [];
    const reader = new SaturationReader((value) => values.push(value));
    for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
    t.deepEqual(values, [110.253, 0]);
  }
});

function start(): { log: LiveLog; changes: [string, string][] } {
  const changes: [string, string][] = [];
  return { log: new LiveLog({ onShapeChange: (from, to) => changes.push([from, to]) }), changes };
}
