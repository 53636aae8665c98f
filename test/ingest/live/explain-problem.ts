import test from 'ava';
import { explainProblem } from '../../../src/ingest/live/explain-problem.ts';
import { LiveLog } from '../../../src/ingest/live/live-log.ts';
import { watchFeed } from '../../helpers/watched-feed.ts';

/** Lines from ffmpeg 5.1 and 7.1, and their explanations. */
const lines: readonly (readonly [string, string])[] = [
  ['Failed to resolve hostname cam.invalid: Name or service not known', 'host not found: cam.invalid'],
  ['method DESCRIBE failed: 401 Unauthorized', 'wrong user or password (401 Unauthorized)'],
  ['HTTP error 403 Forbidden', 'the user may not watch this camera (403 Forbidden)'],
  ['method DESCRIBE failed: 404 Not Found', 'not found (404): check the path after the host'],
  [
    'method SETUP failed: 461 Unsupported Transport',
    'the camera refuses this transport (461): try `transport: udp`, or `tcp` if it is udp',
  ],
  [
    'Connection to tcp://127.0.0.1:9?timeout=0 failed: Connection refused',
    'connection refused: nothing listens on this address and port',
  ],
  ['Connection to tcp://192.0.2.1:554 failed: No route to host', 'no route to the host'],
  [
    'Picture size 20000x20000 is invalid',
    'the picture of 20000x20000 pixels is larger than maxMegapixels allows',
  ],
  ['Invalid data found when processing input', 'what the source sends is not a video'],
  ["Protocol 'file' not on whitelist 'http,tcp'!", 'the source leads to file:, which is not opened'],
];

for (const [line, meaning] of lines) {
  test(`"${line}" means: ${meaning}`, (t) => {
    t.is(explainProblem(line).text, meaning);
  });
}

test('the informative line stays, whatever ffmpeg says after it', (t) => {
  const log = new LiveLog({ onShapeChange: () => undefined });
  log.line('error', '[tcp @ 0x55] Failed to resolve hostname cam.invalid: Name or service not known');
  log.line('error', 'pipe:0: Input/output error');
  log.line('error', '[rtsp @ 0x55] Could not find codec parameters');
  t.is(log.lastProblem, 'host not found: cam.invalid');
  t.false(log.isRefused);
  log.line('error', '[rtsp @ 0x55] method DESCRIBE failed: 401 Unauthorized');
  t.true(log.isRefused);
  log.forgetProblem();
  t.is(log.lastProblem, undefined);
});

test('a host that does not exist is named as the reason', async (t) => {
  await using watched = watchFeed({ source: 'rtsp://camera.invalid/1' });
  await watched.until('a loss', () => watched.state.kind === 'reconnecting');
  t.is(watched.reason, 'could not connect: host not found: camera.invalid');
});
