import { connect } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import type { Picture } from '../../../../../src/stream/live/pictures/picture.ts';
import { GraySender } from '../../../../../src/stream/publish/video/mpeg1/gray-sender.ts';
import { openPrivateSocket } from '../../../../../src/stream/publish/video/mpeg1/private-socket.ts';
import { runFfmpeg } from '../../../../helpers/run-ffmpeg.ts';
import { seededBytes } from '../../../../helpers/seeded.ts';

const unix = process.platform === 'win32' ? test.skip : test;

interface Held {
  count: number;
}

function picture(capturedMs: number, held: Held, widthPx = 16, heightPx = 8): Picture {
  const data = seededBytes((widthPx * heightPx * 3) / 2, capturedMs);
  return {
    camera: 'door',
    sequence: 0,
    capturedMs,
    size: { widthPx, heightPx },
    data,
    retain: () => held.count++,
    release: () => held.count--,
  };
}

test('ffmpeg reads exactly the luma that was sent, with its capture times', async (t) => {
  const held = { count: 0 };
  const output = new PassThrough({ highWaterMark: 2 ** 20 });
  const sender = new GraySender(output);
  const sent = [1000, 1079.4, 1121.8, 1500].map((capturedMs) => picture(capturedMs, held));
  for (const each of sent) {
    t.is(sender.send(each), 'sent');
    await new Promise((resolve) => setImmediate(resolve)); // until it is written
  }
  output.end();
  const nut = await buffer(output);
  const luma = await runFfmpeg(['-f', 'nut', '-i', '-', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'], {
    input: [nut],
  });
  t.deepEqual(luma.stdout, Buffer.concat(sent.map(({ data }) => data.subarray(0, 128))));
  const times = await runFfmpeg(['-f', 'nut', '-i', '-', '-c', 'copy', '-copyts', '-f', 'framecrc', '-'], {
    input: [nut],
  });
  const lines = times.stdout.toString().split('\n');
  t.true(lines.includes('#tb 0: 1/25') && lines.includes('#dimensions 0: 16x8'));
  t.deepEqual(
    lines.filter((line) => line.startsWith('0,')).map((line) => Number(line.split(',')[2])),
    [0, 2, 3, 13],
  );
  t.is(held.count, 0);
});

test('a clock that is set back does not move the stream back', async (t) => {
  const output = new PassThrough({ highWaterMark: 2 ** 20 });
  const sender = new GraySender(output);
  for (const capturedMs of [5000, 5040, 1000, 1040, 5400]) {
    t.is(sender.send(picture(capturedMs, { count: 0 })), 'sent');
    await new Promise((resolve) => setImmediate(resolve)); // until it is written
  }
  output.end();
  const args = ['-f', 'nut', '-i', '-', '-c', 'copy', '-copyts', '-f', 'framecrc', '-'];
  const { stdout } = await runFfmpeg(args, { input: [await buffer(output)] });
  const lines = stdout.toString().split('\n');
  t.deepEqual(
    lines.filter((line) => line.startsWith('0,')).map((line) => Number(line.split(',')[2])),
    [0, 1, 2, 3, 10],
  );
});

test('if two pictures come within 1/25 s, the second is dropped', async (t) => {
  const held = { count: 0 };
  const sender = new GraySender(new PassThrough({ highWaterMark: 2 ** 20 }));
  const sent = [];
  for (let n = 0; n < 60; n++) {
    sent.push(sender.send(picture(1000 + (n * 1000) / 30, held)));
    await new Promise((resolve) => setImmediate(resolve)); // until it is written
  }
  t.is(sent.filter((each) => each === 'sent').length, 50, '2 s of 30 pictures a second');
  t.is(sent.filter((each) => each === 'dropped').length, 10);
  t.is(held.count, 0);
});

test('while a picture is being written others are dropped, and after 10 s the reader counts as hung', (t) => {
  const held = { count: 0 };
  const finish: (() => void)[] = [];
  const output = new Writable({ write: (_chunk, _encoding, done) => void finish.push(done) });
  let nowMs = 0;
  const sender = new GraySender(output, () => nowMs);
  t.is(sender.send(picture(0, held)), 'sent');
  t.is(held.count, 1);
  for (nowMs = 0; nowMs <= 10_000; nowMs += 1000) t.is(sender.send(picture(nowMs, held)), 'dropped');
  t.is(held.count, 1);
  t.is(sender.send(picture(nowMs, held)), 'stalled');
});

unix('a picture is given back when its reader goes away before it was written', async (t) => {
  const held = { count: 0 };
  await using socket = await openPrivateSocket();
  const reader = connect(socket.url.replace(/^unix:/, '')).pause();
  const peer = await socket.connected;
  const sender = new GraySender(peer);
  sender.send(picture(0, held, 4096, 2048)); // more than a socket's buffer
  await new Promise((resolve) => setImmediate(resolve));
  t.is(held.count, 1);
  const closed = new Promise((resolve) => peer.once('close', resolve));
  reader.destroy();
  await closed;
  t.is(held.count, 0);
});

test('a picture of another size is not sent', async (t) => {
  const held = { count: 0 };
  const sender = new GraySender(new PassThrough({ highWaterMark: 2 ** 20 }));
  t.is(sender.send(picture(0, held)), 'sent');
  await new Promise((resolve) => setImmediate(resolve)); // until it is written
  t.is(sender.send(picture(1, held, 8, 16)), 'resized');
  t.is(held.count, 0);
});
