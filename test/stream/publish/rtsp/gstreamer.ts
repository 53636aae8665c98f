import test from 'ava';
import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { from } from 'rxjs';
import { RtspServer } from '../../../../src/stream/publish/rtsp/rtsp-server.ts';
import { gstServerLack, startGstServer } from '../../../helpers/gst-server.ts';
import { annexB, makeUnits, pictureUnits } from '../../../helpers/made-units.ts';
import { runFfmpeg, tempFolder } from '../../../helpers/run-ffmpeg.ts';

const film = makeUnits({ count: 50 });
const plugins = ['rtspsrc', 'rtph264depay', 'h264parse', 'filesink'];
const hasPlugins = plugins.every((name) => spawnSync('gst-inspect-1.0', [name]).status === 0);

const ifPlugins = hasPlugins ? test : test.skip;
const ifServer = gstServerLack === undefined ? test : test.skip;
const without = (what: string | undefined): string => (what ? ` (skipped: this machine lacks ${what})` : '');

for (const [title, login] of [
  ['without a password', []],
  ['with a password', ['user-id=op', 'user-pw=secret']],
] as const)
  ifPlugins(
    `GStreamer's client gets every picture, bit for bit, ${title}${without(hasPlugins ? undefined : plugins.join(', '))}`,
    async (t) => {
      const server = await RtspServer.listen({
        host: '127.0.0.1',
        port: 0,
        authenticate: ({ user, password }) => login.length === 0 || (user === 'op' && password === 'secret'),
      });
      t.teardown(() => server[Symbol.asyncDispose]());
      server.mount('/film', from(await film));
      const out = join(await tempFolder(t), 'film.h264');
      await promisify(execFile)(
        'gst-launch-1.0',
        [
          ...['-q', 'rtspsrc', `location=rtsp://127.0.0.1:${server.port}/film`, 'protocols=tcp', ...login],
          ...['!', 'rtph264depay', '!', 'h264parse', '!', 'video/x-h264,stream-format=byte-stream'],
          ...['!', 'filesink', `location=${out}`],
        ],
        { timeout: 30_000 },
      );
      t.deepEqual(pictureUnits(await readFile(out)), pictureUnits(annexB(await film)));
    },
  );

ifServer(`ffmpeg over TCP reads GStreamer's server, as it reads ours${without(gstServerLack)}`, async (t) => {
  const { url } = await startGstServer(t);
  const { stdout } = await runFfmpeg([
    ...['-rtsp_transport', 'tcp', '-i', url, '-frames:v', '20', '-fps_mode', 'passthrough'],
    ...['-f', 'framemd5', '-'],
  ]);
  t.is(stdout.toString().match(/^0,/gm)?.length, 20);
});
