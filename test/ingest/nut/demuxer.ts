import test from 'ava';
import { AppError } from '../../../src/errors.ts';
import { newBuffer, openNut, type NutBuffer } from '../../../src/ingest/nut/demuxer.ts';
import type { NutStream } from '../../../src/ingest/nut/format.ts';
import { ffmpegPaths, probeCsv, runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const pattern = ['-f', 'lavfi', '-i', 'testsrc2=s=66x34:r=25:d=1'];
const toNut = ['-f', 'nut', 'pipe:1'];

interface Packets {
  stream: NutStream;
  packets: { pts: number; keyframe: boolean; data: Buffer }[];
}

async function readAll(bytes: Uint8Array, cut: (left: number) => number = (left) => left): Promise<Packets> {
  const reader = await openNut(pieces(bytes, cut), { acquire: newBuffer });
  const packets = [];
  for await (const packet of reader.packets()) {
    packets.push({ pts: packet.pts, keyframe: packet.keyframe, data: Buffer.from(packet.data) });
  }
  return { stream: reader.video, packets };
}

async function* pieces(bytes: Uint8Array, cut: (left: number) => number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length;) {
    const size = cut(bytes.length - at);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** A random generator with a seed, so a failure can be repeated (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

for (const path of ffmpegPaths) {
  test(`raw frames that ${path} writes as NUT are read byte for byte`, async (t) => {
    const gray = [...pattern, '-vf', 'extractplanes=y', '-c:v', 'rawvideo'];
    const { stdout } = await runFfmpeg([...gray, ...toNut], { path });
    const { stdout: plain } = await runFfmpeg([...gray, '-f', 'rawvideo', 'pipe:1'], { path });
    const { stream, packets } = await readAll(stdout);
    t.is(Buffer.from(stream.codecTag).toString(), 'Y800');
    t.deepEqual([stream.widthPx, stream.heightPx], [66, 34]);
    t.is(packets.length, 25);
    t.deepEqual(Buffer.concat(packets.map((packet) => packet.data)), plain);
    const { num, den } = stream.timeBase;
    t.deepEqual(
      packets.map((packet) => (packet.pts * num) / den),
      packets.map((_, i) => i / 25),
    );
  });

  test(`an H.264 stream that ${path} writes as NUT has the packets and timestamps that ffprobe sees`, async (t) => {
    const args = [
      ...pattern,
      '-c:v',
      'libx264',
      '-bf',
      '3',
      '-preset',
      'veryfast',
      '-g',
      '10',
      '-avoid_negative_ts',
      'disabled',
    ];
    const { stdout } = await runFfmpeg([...args, ...toNut], { path });
    const file = join(await tempFolder(t), 'x.nut');
    await writeFile(file, stdout);
    const { stream, packets } = await readAll(stdout);
    t.true(stream.decodeDelay > 0);
    t.true(stream.codecData.length > 0);
    t.deepEqual(
      packets.map((packet) => `${packet.pts},${packet.data.length},${packet.keyframe ? 'K' : '_'}`),
      // The number of flags after the keyframe's depends on ffprobe's version.
      (await probeCsv(file, '-show_entries', 'packet=pts,size,flags')).map((line) =>
        line.replace(/(,[K_])_*,?$/, '$1'),
      ),
    );
  });
}

test('elided packet heads are restored', async (t) => {
  // ffmpeg's muxer stores the common header of MPEG-4 frames only once. In AVI every packet has it.
  const folder = await tempFolder(t);
  const avi = join(folder, 'x.avi');
  await runFfmpeg([...pattern, '-c:v', 'mpeg4', '-bf', '0', avi]);
  const { stdout } = await runFfmpeg(['-i', avi, '-c', 'copy', ...toNut]);
  const { stdout: plain } = await runFfmpeg(['-i', avi, '-c', 'copy', '-f', 'rawvideo', 'pipe:1']);
  const { packets } = await readAll(stdout);
  t.deepEqual(Buffer.concat(packets.map((packet) => packet.data)), plain);
});

test('chunks of any length give the same packets', async (t) => {
  const { stdout } = await runFfmpeg([...pattern, '-c:v', 'libx264', '-g', '5', ...toNut]);
  const whole = await readAll(stdout);
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomFrom(seed);
    const longest = seed % 3 === 0 ? 3 : 2000;
    t.deepEqual(await readAll(stdout, () => Math.ceil(random() * longest)), whole, `seed ${seed}`);
  }
});

test('a packet goes into the requested buffer, even a longer one in shared memory', async (t) => {
  const { stdout } = await runFfmpeg([...pattern, '-vf', 'extractplanes=y', '-c:v', 'rawvideo', ...toNut]);
  const given: NutBuffer[] = [];
  const reader = await openNut(
    pieces(stdout, (left) => Math.min(left, 1000)),
    {
      acquire: (sizeBytes) => {
        const buffer: NutBuffer = { data: new Uint8Array(new SharedArrayBuffer(sizeBytes * 2)) };
        given.push(buffer);
        return Promise.resolve(buffer);
      },
    },
  );
  let count = 0;
  for await (const packet of reader.packets()) {
    t.is(packet.buffer, given[count++]!);
    t.is(packet.data.buffer, packet.buffer.data.buffer);
    t.is(packet.data.length, 66 * 34);
  }
  t.is(count, 25);
});

test('a stream that ends inside a packet gives the packets before it and then says what was missing', async (t) => {
  const { stdout } = await runFfmpeg([...pattern, '-vf', 'extractplanes=y', '-c:v', 'rawvideo', ...toNut]);
  const cutAt = Math.floor(stdout.length / 2);
  let count = 0;
  let released = 0;
  const reader = await openNut(
    pieces(stdout.subarray(0, cutAt), (left) => left),
    {
      acquire: newBuffer,
      release: () => released++,
    },
  );
  const error = await t.throwsAsync(
    async () => {
      for await (const packet of reader.packets()) count += packet.data.length === 66 * 34 ? 1 : 0;
    },
    { instanceOf: AppError, code: 'INPUT_DAMAGED' },
  );
  t.regex(error.message, /expected 2244 more bytes but got \d+/);
  t.true(count >= 10 && count <= 14);
  t.is(released, 1);
});

test('an empty stream and a stream of another format are refused', async (t) => {
  await t.throwsAsync(readAll(new Uint8Array(0)), {
    code: 'INPUT_DAMAGED',
    message: /expected 25 more bytes but got 0/,
  });
  await t.throwsAsync(readAll(new Uint8Array(100)), {
    code: 'INPUT_DAMAGED',
    message: /does not start like a NUT file/,
  });
});

test('leaving the loop early closes the source', async (t) => {
  const { stdout } = await runFfmpeg([...pattern, '-c:v', 'libx264', ...toNut]);
  let isClosed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield* pieces(stdout, () => 100);
    } finally {
      isClosed = true;
    }
  }
  const reader = await openNut(source(), { acquire: newBuffer });
  for await (const packet of reader.packets()) {
    t.true(packet.keyframe);
    break;
  }
  t.true(isClosed);
});

test('random corruption gives packets or an INPUT_DAMAGED error, and never requests a buffer above 128 KiB', async (t) => {
  const { stdout } = await runFfmpeg([...pattern, '-c:v', 'libx264', '-g', '5', ...toNut]);
  const outcomes = { packets: 0, faults: 0 };
  for (let seed = 1; seed <= 400; seed++) {
    const random = randomFrom(seed);
    const bytes = Uint8Array.from(stdout);
    for (let i = 0; i < 1 + (seed % 8); i++) {
      // Half of the changed bytes are in the headers at the start.
      const at = Math.floor(random() * (seed % 2 === 0 ? 400 : bytes.length));
      bytes[at] = Math.floor(random() * 256);
    }
    let greatest = 0;
    try {
      const reader = await openNut(
        pieces(bytes, (left) => Math.min(left, 700)),
        {
          acquire: (sizeBytes) => {
            greatest = Math.max(greatest, sizeBytes);
            return newBuffer(sizeBytes);
          },
        },
      );
      for await (const packet of reader.packets()) outcomes.packets += packet.streamIndex === 0 ? 1 : 0;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'INPUT_DAMAGED') {
        t.fail(`seed ${seed}: ${String(error)}`);
      }
      outcomes.faults++;
    }
    t.true(greatest <= 2 * 65_536, `seed ${seed} asked for ${greatest} bytes`);
  }
  t.true(outcomes.packets > 0 && outcomes.faults > 0, JSON.stringify(outcomes));
});
