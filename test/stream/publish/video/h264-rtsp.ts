import test from 'ava';
import { RtspServer } from '../../../../src/stream/publish/rtsp/rtsp-server.ts';
import { openVideoStream } from '../../../../src/stream/publish/video/h264-stream.ts';
import { MadeFeed } from '../../../helpers/made-feed.ts';
import { ffmpegsNaming, until } from '../../../helpers/program.ts';
import { RtspClient } from '../../../helpers/rtsp-client.ts';
import { probeCsv, runFfmpeg } from '../../../helpers/run-ffmpeg.ts';

const size = { widthPx: 160, heightPx: 96 };

test('a camera is encoded only while RTSP readers exist, and each reader starts at a keyframe at once', async (t) => {
  const comment = `synthetic, RTSP test ${process.pid}`;
  const feed = new MadeFeed();
  await using stream = openVideoStream(feed, {
    heightPx: 360,
    isMarked: true,
    bitrateKbps: 500,
    graceMs: 0,
    metadata: () => ({ comment }),
    onDrop: () => undefined,
    log: { warn: (text) => t.log(text) },
  });
  await using server = await RtspServer.listen({ host: '127.0.0.1', port: 0 });
  server.mount('/gate', stream.accessUnits$);
  const filming = setInterval(() => feed.show(Date.now(), size, [150, 100, 160]), 66);
  t.teardown(() => clearInterval(filming));
  t.is(ffmpegsNaming(comment).length, 0);

  const url = `rtsp://127.0.0.1:${server.port}/gate`;
  const [line] = await probeCsv(
    url,
    ...['-rtsp_transport', 'tcp', '-show_entries'],
    'stream=profile,width,height,color_range,color_space,color_transfer,color_primaries',
  );
  t.is(line, 'Main,160,96,tv,smpte170m,smpte170m,smpte170m');

  using early = await RtspClient.connect(server.port, '/gate');
  await early.play();
  await until(() => early.packets.length > 20, 'packets');
  using late = await RtspClient.connect(server.port, '/gate');
  const startMs = performance.now();
  await late.play();
  const types = (): number[] =>
    late.packets.filter(({ channel }) => channel === 0).map(({ data }) => (data[12] ?? 0) & 0x1f);
  await until(() => types().length > 0, 'its first packet');
  t.is(types()[0], 7);
  // The next regular keyframe may be 2 s away. No other reader caused one in the last half second.
  t.true(performance.now() - startMs < 1000, `${performance.now() - startMs} ms`);
  t.is(ffmpegsNaming(comment).length, 1);

  const { stdout } = await runFfmpeg([
    ...['-rtsp_transport', 'tcp', '-i', url, '-frames:v', '10', '-fps_mode', 'passthrough'],
    ...['-vf', 'scale=in_range=tv:out_range=pc,format=yuv420p', '-f', 'rawvideo', '-'],
  ]);
  const luma = size.widthPx * size.heightPx;
  t.is(stdout.length, 10 * luma * 1.5);
  for (const [offset, expected] of [
    [0, 150],
    [luma, 100],
    [luma * 1.25, 160],
  ] as const)
    t.true(Math.abs((stdout[offset] ?? NaN) - expected) <= 2);

  early[Symbol.dispose]();
  late[Symbol.dispose]();
  await until(() => ffmpegsNaming(comment).length === 0, 'the encoder ends behind its last reader');
  t.is(server.readers('/gate'), 0);
});
