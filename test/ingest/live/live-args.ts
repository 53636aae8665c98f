import test from 'ava';
import { cameraSchema, type CameraConfig } from '../../../src/config/schema.ts';
import { AppError } from '../../../src/errors.ts';
import { liveCommand, type LiveCommand } from '../../../src/ingest/live/live-args.ts';

test('a URL goes to standard input, never into the arguments', (t) => {
  for (const scheme of ['rtsp', 'rtsps', 'http', 'https', 'RTSP']) {
    const source = `${scheme}://admin:s3cret@host/cam?token=t0ken`;
    const { args, script } = command({ source });
    t.notRegex(args.join(' '), /host|s3cret|t0ken/);
    t.true(script?.startsWith(`ffconcat version 1.0\nfile '${source}'\n`), script);
  }
});

test('a quote in a URL stays inside its string, and a line end is refused', (t) => {
  const { script } = command({ source: "rtsp://host/it's" });
  t.true(script?.includes(String.raw`file 'rtsp://host/it'\''s'`), script);
  t.throws(() => command({ source: "rtsp://host/'\nfile '/etc/passwd" }), { code: 'USAGE' });
});

test("a camera cannot make ffmpeg read this machine's files", (t) => {
  const { args } = command({ source: 'http://host/list' });
  const allowed = args[args.indexOf('-protocol_whitelist') + 1]?.split(',') ?? [];
  t.true(allowed.includes('http'));
  t.false(allowed.includes('file'));
});

test('RTSP uses the transport of the config', (t) => {
  const source = 'rtsp://host/cam';
  t.regex(command({ source }).script ?? '', /^option rtsp_transport tcp$/m);
  t.regex(command({ source, transport: 'udp' }).script ?? '', /^option rtsp_transport udp$/m);
  t.notRegex(command({ source, transport: 'auto' }).script ?? '', /rtsp_transport/);
  t.notRegex(command({ source: 'http://host/' }).script ?? '', /rtsp_transport/);
});

test('files, patterns and devices need no standard input', (t) => {
  const inputOf = ({ args }: LiveCommand): string | undefined => args[args.indexOf('-i') + 1];
  const file = command({ source: 'file:/films/a reel.mp4' });
  t.is(inputOf(file), 'file:/films/a reel.mp4');
  t.true(file.args.join(' ').includes('-re -stream_loop -1'));
  t.is(inputOf(command({ source: 'test:testsrc2=s=64x48:r=5' })), 'testsrc2=size=64x48:rate=5');
  t.is(inputOf(command({ source: 'device:/dev/video0' })), '/dev/video0');
  for (const { script } of [file, command({ source: 'device:/dev/video0' })]) t.is(script, undefined);
});

test('a graph of filters behind test: is a USAGE error', (t) => {
  for (const graph of [
    'movie=/etc/passwd',
    'testsrc2,metadata=mode=print:file=/tmp/x',
    'nullsrc',
    'testsrc2;x',
  ])
    t.throws(() => command({ source: `test:${graph}` }), { code: 'USAGE' });
});

test('a source of another kind is a USAGE error that hides the password', (t) => {
  const error = t.throws(() => command({ source: 'rtmp://admin:s3cret@host/cam' }), { instanceOf: AppError });
  t.is(error.code, 'USAGE');
  t.regex(error.message, /rtmp:\/\/\*\*\*@host/);
  t.throws(() => command({ source: '/films/reel.mp4' }), { code: 'USAGE' });
});

function command(config: Partial<CameraConfig> & { source: string }): LiveCommand {
  return liveCommand(cameraSchema.parse(config));
}
