import test from 'ava';
import { readFile } from 'node:fs/promises';
import { makeCertificate } from '../../helpers/certificate.ts';
import { gstServerLack, startGstServer } from '../../helpers/gst-server.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { startTestCamera } from '../../helpers/test-camera.ts';
import { watchFeed } from '../../helpers/watched-feed.ts';

const fps = 15;
const ifGst = gstServerLack === undefined ? test.serial : test.serial.skip;
const skipped = gstServerLack === undefined ? '' : ` (skipped: this machine lacks ${gstServerLack})`;

test.serial(
  'a camera by rtsps, with a certificate of its own, is live, and again after a loss',
  async (t) => {
    const files = await makeCertificate(await tempFolder(t), 'camera');
    const tls = { cert: await readFile(files.cert), key: await readFile(files.key) };
    await using camera = await startTestCamera({ fps, tls, user: 'op', password: 'secret' });
    t.regex(camera.url, /^rtsps:/);
    await using watched = watchFeed({ source: camera.url });
    await watched.untilFrames(5);
    t.deepEqual(watched.last.size, { widthPx: 320, heightPx: 240 });
    await camera.kill();
    await watched.until('the loss', () => watched.state.kind === 'reconnecting');
    await camera.restart();
    await watched.untilFrames(5, 10_000);
    t.is(watched.state.kind, 'live');
  },
);

for (const transport of ['udp', 'auto'] as const)
  ifGst(
    `a camera by UDP is live, and again after silence, with transport: ${transport}${skipped}`,
    async (t) => {
      const { url, server } = await startGstServer(t);
      await using watched = watchFeed({ source: url, transport, stallS: 1 });
      await watched.untilFrames(20, 10_000);
      t.deepEqual(watched.kinds, ['connecting', 'live']);
      t.deepEqual(watched.last.size, { widthPx: 320, heightPx: 240 });
      server.kill('SIGSTOP');
      await watched.until('the loss', () => watched.state.kind === 'reconnecting');
      t.is(watched.reason, 'no frame for 1 s');
      server.kill('SIGCONT');
      await watched.untilFrames(20, 20_000);
      t.is(watched.state.kind, 'live');
    },
  );
