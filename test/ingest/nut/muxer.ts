import test from 'ava';
import { createReadStream } from 'node:fs';

import { join } from 'node:path';
import { AppError } from '../../../src/errors.ts';
import { passthroughArgs } from '../../../src/ingest/ffmpeg/command.ts';
import type { Rational } from '../../../src/frame.ts';
import { decodeTimesFilter } from '../../../src/ingest/nut/decode-times.ts';
import { newBuffer, openNut } from '../../../src/ingest/nut/demuxer.ts';
import { NutWriter } from '../../../src/ingest/nut/muxer.ts';
import { pixelFormatName, rawTag, type RawChroma } from '../../../src/ingest/nut/raw-tags.ts';
import { ffmpegPaths, probeCsv, runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

const chromas: readonly RawChroma[] = ['gray', '420', '422', '444'];
const depths = [8, 9, 10, 12, 14, 16];

/** Bytes of noise that differ in every frame and stay below the maximum of the sample format. */
function frameBytes(size: number, bitDepth: number, n: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = bitDepth > 8 && i % 2 === 1 ? n % 2 : (i * 31 + n * 97) % 256;
  return bytes;
}

function rawSize(chroma: RawChroma, bitDepth: number, width: number, height: number): number {
  const [half, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const chromaSize = { gray: 0, '420': half * halfHeight, '422': half * height, '444': width * height }[
    chroma
  ];
  return (width * height + 2 * chromaSize) * (bitDepth > 8 ? 2 : 1);
}

function writeRaw(
  chroma: RawChroma,
  bitDepth: number,
  timeBase: Rational,
  ptsList: readonly number[],
): Uint8Array[] {
  const [widthPx, heightPx] = [33, 19];
  const sampleAspect = { num: 12, den: 11 };
  const nut = new NutWriter({
    codecTag: rawTag(chroma, bitDepth),
    timeBase,
    widthPx,
    heightPx,
    sampleAspect,
  });
  const size = rawSize(chroma, bitDepth, widthPx, heightPx);
  return [
    nut.header,
    ...ptsList.flatMap((pts, n) => [
      nut.packetHeader({ pts, keyframe: true, sizeBytes: size }),
      frameBytes(size, bitDepth, n),
    ]),
  ];
}

for (const path of ffmpegPaths) {
  test(`${path} reads each raw format that is written, byte for byte and without a warning`, async (t) => {
    for (const chroma of chromas) {
      for (const bitDepth of depths) {
        const pieces = writeRaw(chroma, bitDepth, { num: 1, den: 25 }, [0, 1, 2]);
        const name = pixelFormatName(chroma, bitDepth);
        const args = ['-f', 'nut', '-i', 'pipe:0', '-c:v', 'copy', '-f', 'rawvideo', 'pipe:1'];
        const { stdout, stderr } = await runFfmpeg(args, { input: pieces, path });
        t.is(stderr, '', name);
        t.deepEqual(stdout, Buffer.concat(pieces.filter((_, i) => i > 0 && i % 2 === 0)), name);
        const info = await runFfmpeg(['-v', 'info', ...args.slice(0, 4), '-f', 'null', '-'], {
          input: pieces,
          path,
        });
        t.regex(info.stderr, new RegExp(`rawvideo.*, ${name}[,(].*33x19,? \\[?SAR 12:11`), name);
      }
    }
  });

  test(`${path} tags raw NUT video as we do`, async (t) => {
    for (const chroma of chromas) {
      for (const bitDepth of depths) {
        const name = pixelFormatName(chroma, bitDepth);
        const source = ['-f', 'lavfi', '-i', 'color=s=16x16', '-frames:v', '1', '-pix_fmt', name];
        const { stdout } = await runFfmpeg([...source, '-c:v', 'rawvideo', '-f', 'nut', 'pipe:1'], { path });
        const reader = await openNut(chunks([stdout]), { acquire: newBuffer });
        t.deepEqual(Buffer.from(reader.video.codecTag), Buffer.from(rawTag(chroma, bitDepth)), name);
      }
    }
  });

  test(`${path} sees the exact timestamps in any time base`, async (t) => {
    const cases: [Rational, number[]][] = [
      [{ num: 1, den: 1_000_000_000 }, [0, 16_683_333, 2 ** 40, 2 ** 40 + 1]],
      [{ num: 1001, den: 30_000 }, [0, 1, 2, 1000]],
      [{ num: 1, den: 90_000 }, [3003, 3004, 90_000_000]],
      [{ num: 1, den: 1 }, [7, 8]],
      [{ num: 5, den: 124 }, [1, 2, 9]],
    ];
    for (const [timeBase, ptsList] of cases) {
      const pieces = writeRaw('gray', 8, timeBase, ptsList);
      const args = [
        '-copyts',
        '-f',
        'nut',
        '-i',
        'pipe:0',
        '-c',
        'copy',
        '-copytb',
        '1',
        '-f',
        'framecrc',
        'pipe:1',
      ];
      const { stdout, stderr } = await runFfmpeg(args, { input: pieces, path });
      t.is(stderr, '');
      const lines = stdout.toString().split('\n');
      t.true(lines.includes(`#tb 0: ${timeBase.num}/${timeBase.den}`), stdout.toString());
      const seen = lines.filter((line) => /^0,/.test(line)).map((line) => Number(line.split(',')[2]));
      t.deepEqual(seen, ptsList);
    }
  });
}

test('written packets are read back unchanged', async (t) => {
  const ptsList = [5, 6, 100_000, 100_001];
  const pieces = writeRaw('420', 10, { num: 1, den: 600 }, ptsList);
  const reader = await openNut(chunks(pieces), { acquire: newBuffer });
  t.deepEqual(reader.video.timeBase, { num: 1, den: 600 });
  t.deepEqual(reader.video.sampleAspect, { num: 12, den: 11 });
  const seen = [];
  for await (const packet of reader.packets()) {
    t.deepEqual(packet.data, pieces[2 + 2 * seen.length]);
    seen.push(packet.pts);
  }
  t.deepEqual(seen, ptsList);
});

test('a negative pts is refused', (t) => {
  const nut = new NutWriter({
    codecTag: rawTag('gray', 8),
    timeBase: { num: 1, den: 25 },
    widthPx: 2,
    heightPx: 2,
  });
  t.throws(() => nut.packetHeader({ pts: -1, keyframe: true, sizeBytes: 4 }), {
    instanceOf: AppError,
    code: 'USAGE',
  });
});

interface Joining {
  readonly encoder: readonly string[];
  readonly containers: readonly string[];
}

const joinings: Record<string, Joining> = {
  'libx264 with B-frames': {
    encoder: ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3'],
    containers: ['mp4', 'mkv', 'mov'],
  },
  libx265: {
    encoder: ['-c:v', 'libx265', '-preset', 'ultrafast', '-bf', '3', '-x265-params', 'log-level=none'],
    containers: ['mp4', 'mkv'],
  },
  'libvpx-vp9': {
    encoder: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'],
    containers: ['webm', 'mkv'],
  },
  ffv1: { encoder: ['-c:v', 'ffv1'], containers: ['mkv'] },
  prores_ks: { encoder: ['-c:v', 'prores_ks', '-pix_fmt', 'yuv422p10le'], containers: ['mov'] },
};

for (const [title, { encoder, containers }] of Object.entries(joinings)) {
  test(`three segments of ${title} join into one film with the segments' frames and times`, async (t) => {
    const folder = await tempFolder(t);
    const ptsList = Array.from({ length: 60 }, (_, n) => n * 1001 + (n % 3 === 1 ? 300 : 0)); // variable frame rate
    const segments = await encodeSegments(folder, encoder, ptsList);
    const expected = await decodedHashes(segments, 'segments');
    t.deepEqual(
      expected.map((line) => line.pts),
      ptsList.map((pts) => (pts / 30_000).toFixed(6)),
    );
    for (const path of ffmpegPaths) {
      for (const container of containers) {
        const out = join(folder, `out.${container}`);
        const { pieces, decodeTimes } = await joinSegments(segments);
        const args = '-copyts -f nut -i pipe:0 -c copy -avoid_negative_ts disabled'.split(' ');
        const bsf = decodeTimes === undefined ? [] : ['-bsf:v', decodeTimes];
        const { stderr } = await runFfmpeg([...args, ...bsf, out], { input: pieces, path });
        t.is(stderr, '', `${path} ${container}`);
        const seen = await decodedHashes([out], container);
        t.deepEqual(
          seen.map((line) => line.hash),
          expected.map((line) => line.hash),
          container,
        );
        const tolerance = container === 'mkv' || container === 'webm' ? 0.000_51 : 0.000_02;
        seen.forEach((line, i) =>
          t.true(
            Math.abs(Number(line.pts) - Number(expected[i]!.pts)) <= tolerance,
            `${container} ${i}: ${line.pts} ${expected[i]!.pts}`,
          ),
        );
      }
    }
  });
}

/** Encodes 3 x 20 frames with absolute timestamps, each third with a separate ffmpeg. */
async function encodeSegments(
  folder: string,
  encoder: readonly string[],
  ptsList: readonly number[],
): Promise<string[]> {
  const files = [];
  const [widthPx, heightPx] = [64, 48];
  const source = '-f lavfi -i testsrc2=s=64x48:r=25 -frames:v 60 -pix_fmt yuv420p -f rawvideo pipe:1';
  const { stdout: frames } = await runFfmpeg(source.split(' '));
  const sizeBytes = 64 * 48 * 1.5;
  for (const part of [0, 1, 2]) {
    const nut = new NutWriter({
      codecTag: rawTag('420', 8),
      timeBase: { num: 1, den: 30_000 },
      widthPx,
      heightPx,
      sampleAspect: { num: 1, den: 1 },
    });
    const pieces = [nut.header];
    for (let n = part * 20; n < part * 20 + 20; n++) {
      pieces.push(nut.packetHeader({ pts: ptsList[n]!, keyframe: true, sizeBytes }));
      pieces.push(frames.subarray(n * sizeBytes, (n + 1) * sizeBytes));
    }
    const file = join(folder, `segment${part}.nut`);
    const timing = ['-copyts', ...passthroughArgs({ num: 1, den: 30_000 }), '-avoid_negative_ts', 'disabled'];
    await runFfmpeg(['-copyts', '-f', 'nut', '-i', 'pipe:0', ...timing, ...encoder, '-f', 'nut', file], {
      input: pieces,
    });
    files.push(file);
  }
  return files;
}

async function joinSegments(
  files: readonly string[],
): Promise<{ pieces: Uint8Array[]; decodeTimes: string | undefined }> {
  const pieces: Uint8Array[] = [];
  let writer: NutWriter | undefined;
  let decodeTimes: string | undefined;
  for (const file of files) {
    const reader = await openNut(createReadStream(file), { acquire: newBuffer });
    if (writer === undefined) {
      writer = new NutWriter(reader.video);
      decodeTimes = decodeTimesFilter(reader.video, { pts: 0, frameTicks: 1001 });
      pieces.push(writer.header);
    }
    for await (const { pts, keyframe, data } of reader.packets()) {
      pieces.push(writer.packetHeader({ pts, keyframe, sizeBytes: data.length }), data);
    }
  }
  return { pieces, decodeTimes };
}

async function decodedHashes(
  files: readonly string[],
  title: string,
): Promise<{ pts: string; hash: string }[]> {
  const lines = [];
  for (const file of files) {
    const { stdout } = await runFfmpeg(['-i', file, '-fps_mode', 'passthrough', '-f', 'framemd5', 'pipe:1']);
    const hashes = stdout
      .toString()
      .split('\n')
      .filter((line) => /^0,/.test(line))
      .map((line) => line.split(',')[5]!.trim());
    const times = await probeCsv(file, '-show_entries', 'frame=pts_time');
    if (hashes.length !== times.length)
      throw new Error(`${title}: ${hashes.length} frames but ${times.length} times`);
    lines.push(...hashes.map((hash, i) => ({ hash, pts: times[i]!.replace(/,.*$/, '') })));
  }
  return lines;
}

async function* chunks(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield* pieces;
}
