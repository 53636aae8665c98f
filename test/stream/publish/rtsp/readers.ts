import test, { type ExecutionContext } from 'ava';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { concat, from, of, Subject, type Observable } from 'rxjs';
import type { AccessUnit } from '../../../../src/stream/publish/video/access-unit.ts';
import { nalTypes } from '../../../../src/stream/publish/video/nal-units.ts';
import type { Authenticate } from '../../../../src/stream/publish/rtsp/basic-auth.ts';
import { RtspServer, type RtspServerOptions } from '../../../../src/stream/publish/rtsp/rtsp-server.ts';
import { annexB, makeUnits, pictureUnits } from '../../../helpers/made-units.ts';
import { until } from '../../../helpers/program.ts';
import { RtspClient } from '../../../helpers/rtsp-client.ts';
import { probeCsv, runFfmpeg, tempFolder } from '../../../helpers/run-ffmpeg.ts';
import { seededRandom } from '../../../helpers/seeded.ts';

const film = makeUnits({ count: 50 });
const login = { user: 'op', password: 'secret' };
/** A large picture for a connection, some 150 KB. */
const heavyFilm = makeUnits({ count: 20, size: '640x480', filter: 'noise=alls=90:allf=t' });

async function listen(t: ExecutionContext, options: Partial<RtspServerOptions> = {}): Promise<RtspServer> {
  const server = await RtspServer.listen({ host: '127.0.0.1', port: 0, ...options });
  t.teardown(() => server[Symbol.asyncDispose]());
  return server;
}

/** A server whose `/film` plays the whole film from its start for each reader, and then ends. */
async function serveFilm(t: ExecutionContext, options: Partial<RtspServerOptions> = {}): Promise<string> {
  const server = await listen(t, options);
  const units = await film;
  server.mount('/film', from(units));
  return `127.0.0.1:${server.port}/film`;
}

const isRight: Authenticate = ({ user, password }) => user === login.user && password === login.password;

for (const [title, options, credentials] of [
  ['without a password', {}, ''],
  ['with the right password', { authenticate: isRight }, 'op:secret@'],
] as const)
  test(`ffmpeg gets the NAL units that were sent, bit for bit, ${title}`, async (t) => {
    const url = `rtsp://${credentials}${await serveFilm(t, options)}`;
    const { stdout } = await runFfmpeg([
      '-rtsp_transport',
      'tcp',
      '-i',
      url,
      '-c',
      'copy',
      '-f',
      'h264',
      '-',
    ]);
    t.deepEqual(pictureUnits(stdout), pictureUnits(annexB(await film)));
  });

test('ffmpeg decodes each frame once, at its time', async (t) => {
  const url = `rtsp://${await serveFilm(t)}`;
  const sums = ['-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framemd5', '-'];
  const pulled = await runFfmpeg(['-rtsp_transport', 'tcp', '-i', url, ...sums]);
  const decoded = await runFfmpeg(['-f', 'h264', '-i', 'pipe:0', ...sums], { input: [annexB(await film)] });
  t.deepEqual(frameSums(pulled.stdout), frameSums(decoded.stdout));
  t.is(frameSums(pulled.stdout).length, 50);
  const times = await probeCsv(url, '-rtsp_transport', 'tcp', '-show_entries', 'packet=pts_time');
  // ffmpeg gives the first packet of an RTSP stream no time, also with GStreamer's server.
  const expected = Array.from({ length: 49 }, (_, i) => (i + 1) * 40);
  t.deepEqual(
    times.slice(1).map((time) => Math.round(Number.parseFloat(time) * 1000)),
    expected,
  );
});

test('a player that tries UDP first gets 461 and then uses TCP', async (t) => {
  const url = `rtsp://${await serveFilm(t)}`;
  const { stdout, stderr } = await runFfmpeg(['-i', url, '-c', 'copy', '-f', 'h264', '-']);
  t.regex(stderr, /461/);
  t.deepEqual(pictureUnits(stdout), pictureUnits(annexB(await film)));
});

test('ffmpeg reports 401 for a wrong password and 404 for an unknown path', async (t) => {
  const place = await serveFilm(t, { authenticate: isRight });
  const pull = (url: string): Promise<unknown> =>
    runFfmpeg(['-rtsp_transport', 'tcp', '-i', url, '-f', 'null', '-']);
  await t.throwsAsync(pull(`rtsp://op:guess@${place}`), { message: /401 Unauthorized/ });
  await t.throwsAsync(pull(`rtsp://${place}`), { message: /401 Unauthorized/ });
  await t.throwsAsync(pull(`rtsp://op:secret@${place}s`), { message: /404 Not Found/ });
});

test('ffmpeg reads rtsps', async (t) => {
  const folder = await tempFolder(t);
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-days', '1'];
  await promisify(execFile)('openssl', [...args, '-keyout', key, '-out', cert]);
  const place = await serveFilm(t, { tls: { key: await readFile(key), cert: await readFile(cert) } });
  const { stdout } = await runFfmpeg([
    ...['-rtsp_transport', 'tcp', '-i', `rtsps://${place}`, '-c', 'copy', '-f', 'h264', '-'],
  ]);
  t.deepEqual(pictureUnits(stdout), pictureUnits(annexB(await film)));
});

test('a reader that stops reading loses whole pictures, which are counted; others lose nothing', async (t) => {
  const units = await heavyFilm;
  const source = new Subject<AccessUnit>();
  let dropped = 0;
  const server = await listen(t, { onDrop: (path, count) => (dropped += path === '/cam' ? count : 0) });
  server.mount('/cam', concatSource(units, source));
  const [hung, well] = [
    await RtspClient.connect(server.port, '/cam'),
    await RtspClient.connect(server.port, '/cam'),
  ];
  t.teardown(() => [hung, well].forEach((client) => client[Symbol.dispose]()));
  await Promise.all([hung.play(), well.play()]);
  hung.stopReading();
  let sent = 0;
  await until(() => {
    source.next({ ...units[sent % units.length]!, capturedMs: ++sent * 40 });
    return dropped >= 40;
  }, 'forty pictures were dropped');
  // One more, because each starts with a keyframe.
  await until(() => pictures(well).length === sent + 1, 'the other reader has every picture');
  t.true(pictures(well).every((picture) => picture.isWhole && !picture.followsGap));
  hung.socket.resume();
  await until(() => {
    source.next({ ...units[0]!, capturedMs: ++sent * 40 });
    return pictures(hung).some((picture) => picture.followsGap);
  }, 'it goes on behind the gap');
  t.true(pictures(hung).every((picture) => picture.isWhole));
  t.true(pictures(hung).every((picture) => picture.isKeyframe || !picture.followsGap));
});

test('a reader that accepts nothing is closed after the stall time', async (t) => {
  const units = await heavyFilm;
  const source = new Subject<AccessUnit>();
  const server = await listen(t, { limits: { stallMs: 300 } });
  server.mount('/cam', concatSource(units, source));
  const hung = await RtspClient.connect(server.port, '/cam');
  t.teardown(() => hung[Symbol.dispose]());
  await hung.play();
  hung.stopReading();
  let sent = 0;
  await until(() => {
    source.next({ ...units[sent % units.length]!, capturedMs: ++sent * 40 });
    return server.connections.now === 0;
  }, 'it was closed');
  t.is(server.readers('/cam'), 0);
  t.false(source.observed);
});

test('200 clients that disconnect at any point leave no socket, reader or timer', async (t) => {
  const units = await film;
  const source = new Subject<AccessUnit>();
  const server = await listen(t, { maxClients: 500, maxClientsPerAddress: 500 });
  server.mount('/cam', concatSource(units, source));
  const random = seededRandom(2);
  const timersBefore = timers();
  for (let round = 0; round < 200; round++) {
    const client = await RtspClient.connect(server.port, '/cam');
    const stage = Math.floor(random() * 5);
    if (stage === 1) client.socket.write('DESCRIBE rtsp://h/cam RTSP/1.0\r\nCSe');
    if (stage === 2) client.socket.write('DESCRIBE rtsp://h/cam RTSP/1.0\r\nCSeq: 1\r\n\r\n');
    if (stage >= 3) await client.play();
    source.next(units[round % units.length]!);
    if (stage === 4) client.socket.resetAndDestroy();
    else client[Symbol.dispose]();
  }
  await until(() => server.connections.now === 0, 'all connections are gone');
  t.is(server.connections.total, 200);
  t.is(server.readers('/cam'), 0);
  t.false(source.observed);
  await until(() => timers() <= timersBefore, `no more than ${timersBefore} timers`);
});

/** Sends the film's first keyframe to each new reader, then what the test sends. */
function concatSource(units: readonly AccessUnit[], source: Observable<AccessUnit>): Observable<AccessUnit> {
  return concat(of(units[0]!), source);
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

function frameSums(framemd5: Buffer): string[] {
  const lines = framemd5.toString().split('\n');
  return lines.filter((line) => /^\d/.test(line)).map((line) => line.split(',').at(-1)?.trim() ?? '');
}

interface ReceivedPicture {
  /** Whether all packets arrived and the last has the marker. */
  readonly isWhole: boolean;
  /** Whether it starts with an SPS. */
  readonly isKeyframe: boolean;
  /** Whether packets before it are missing. */
  readonly followsGap: boolean;
}

/** The pictures that a client received on channel 0, by RTP time, without the one that is still arriving. */
function pictures(client: RtspClient): ReceivedPicture[] {
  const packets = client.packets.filter(({ channel }) => channel === 0).map(({ data }) => data);
  const received: ReceivedPicture[] = [];
  for (let begin = 0, end = 0; begin < packets.length; begin = end) {
    const time = packets[begin]!.readUInt32BE(4);
    end = packets.findIndex(
      (packet, i) => i >= begin && (packet.readUInt32BE(4) !== time || packet[1]! >= 0x80),
    );
    if (end < 0) break;
    const isMarked = packets[end]![1]! >= 0x80;
    if (isMarked) end++;
    const sequences = packets.slice(Math.max(0, begin - 1), end).map((packet) => packet.readUInt16BE(2));
    const steps = sequences.slice(1).map((sequence, i) => (sequence - sequences[i]! + 65_536) % 65_536);
    const inside = begin === 0 ? steps : steps.slice(1);
    received.push({
      isWhole: isMarked && inside.every((step) => step === 1),
      isKeyframe: (packets[begin]![12]! & 0x1f) === nalTypes.sps,
      followsGap: begin > 0 && steps[0] !== 1,
    });
  }
  return received;
}
