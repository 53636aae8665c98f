import test from 'ava';
import { openOutputPipe } from '../../../src/ingest/ffmpeg/output-pipe.ts';
import { ByteReader } from '../../../src/ingest/nut/byte-reader.ts';
import { startFfmpeg } from '../../../src/ingest/ffmpeg/process.ts';

const sizePx = 256;
const frames = 12;
/** Frames of noise that all differ. */
const args = [
  ...['-f', 'lavfi', '-i', `color=gray:s=${sizePx}x${sizePx},noise=alls=60:allf=t,format=gray`],
  ...['-frames:v', String(frames), '-flags', 'bitexact', '-f', 'rawvideo', 'pipe:1'],
];

test('a child’s output arrives complete and in order through one reused buffer', async (t) => {
  const signal = new AbortController().signal;
  const pipe = await openOutputPipe();
  if (!pipe) return t.fail('no pipe');
  await using plain = startFfmpeg({ name: 'plain', args, stdout: 'pipe', signal });
  const expected = Buffer.concat((await plain.stdout.toArray()) as Buffer[]);
  await using ffmpeg = startFfmpeg({ name: 'reused', args, stdout: pipe, signal });
  const copies: Uint8Array[] = [];
  const memories = new Set<ArrayBufferLike>();
  for await (const chunk of ffmpeg.chunks) {
    copies.push(chunk.slice());
    memories.add(chunk.buffer);
    await new Promise((resolve) => setTimeout(resolve, 2)); // a slow reader slows the child down
  }
  t.deepEqual(await ffmpeg.exited, { code: 0 });
  t.is(memories.size, 1);
  t.is(expected.length, frames * sizePx * sizePx);
  t.true(expected.equals(Buffer.concat(copies)));
});

test('frames come straight into shared memory, between pieces that come in chunks', async (t) => {
  const signal = new AbortController().signal;
  const pipe = await openOutputPipe();
  if (!pipe) return t.fail('no pipe');
  await using plain = startFfmpeg({ name: 'plain', args, stdout: 'pipe', signal });
  const expected = Buffer.concat((await plain.stdout.toArray()) as Buffer[]);
  await using ffmpeg = startFfmpeg({ name: 'direct', args, stdout: pipe, signal });
  const reader = new ByteReader(ffmpeg.chunks);
  const parts: Uint8Array[] = [];
  // The first is longer than a chunk and the others are much shorter, so pieces end in the middle of a frame.
  for (const bytes of [3, 400_000, 1, 70_000, 5, 300_000]) {
    const memory = new Uint8Array(new SharedArrayBuffer(bytes));
    await reader.readInto(memory);
    parts.push(memory.slice(), await reader.piece(2));
  }
  t.is(reader.position, 770_021);
  t.true(expected.subarray(0, reader.position).equals(Buffer.concat(parts)));
  await t.throwsAsync(reader.readInto(new Uint8Array(100_000)), { message: /ends early/ });
});

test('a child that is stopped while nobody reads ends at once, and its reader sees the end', async (t) => {
  const stop = new AbortController();
  const pipe = await openOutputPipe();
  if (!pipe) return t.fail('no pipe');
  const endless = ['-f', 'lavfi', '-i', 'color=gray:s=640x360', '-f', 'rawvideo', 'pipe:1'];
  await using ffmpeg = startFfmpeg({ name: 'endless', args: endless, stdout: pipe, signal: stop.signal });
  const chunks = ffmpeg.chunks[Symbol.asyncIterator]();
  t.not((await chunks.next()).done, true);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const startMs = performance.now();
  stop.abort();
  await ffmpeg.exited;
  t.true(performance.now() - startMs < 1500);
  t.true((await chunks.next()).done);
});
