import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../src/errors.ts';
import { lumaPlan } from '../../../src/ingest/film/pixel-formats.ts';
import { ffmpegPaths, runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

const [width, height] = [34, 18];

/** The luma samples: first byte, bytes from one to the next, bytes per row. `shift` drops padding bits. */
interface Layout {
  readonly rowBytes: number;
  readonly first?: number;
  readonly step?: number;
  readonly bytes?: 1 | 2;
  readonly isBigEndian?: boolean;
  readonly shift?: number;
}

const eight: Layout = { rowBytes: width };
const deep: Layout = { rowBytes: 2 * width, step: 2, bytes: 2 };
const layouts: Record<string, Layout> = {
  yuv420p: eight,
  yuvj420p: eight,
  yuv422p: eight,
  yuv440p: eight,
  yuv444p: eight,
  yuv410p: eight,
  yuv411p: eight,
  yuva420p: eight,
  gray: eight,
  ya8: { rowBytes: 2 * width, step: 2 },
  ya16le: { ...deep, rowBytes: 4 * width, step: 4 },
  nv12: eight,
  nv21: eight,
  nv24: eight,
  yuyv422: { rowBytes: 2 * width, step: 2 },
  yvyu422: { rowBytes: 2 * width, step: 2 },
  uyvy422: { rowBytes: 2 * width, first: 1, step: 2 },
  yuv420p9le: deep,
  yuv420p10le: deep,
  yuv420p10be: { ...deep, isBigEndian: true },
  yuv422p10le: deep,
  yuv444p10le: deep,
  yuva444p10le: deep,
  yuv420p12le: deep,
  yuv422p14le: deep,
  yuv444p16le: deep,
  yuv444p16be: { ...deep, isBigEndian: true },
  gray9le: deep,
  gray10le: deep,
  gray12le: deep,
  gray12be: { ...deep, isBigEndian: true },
  gray14le: deep,
  gray16le: deep,
  gray16be: { ...deep, isBigEndian: true },
  p010le: { ...deep, shift: 6 },
  p010be: { ...deep, shift: 6, isBigEndian: true },
  p016le: deep,
  p210le: { ...deep, shift: 6 },
  p416le: deep,
  y210le: { ...deep, rowBytes: 4 * width, step: 4, shift: 6 },
  ayuv64le: { ...deep, rowBytes: 8 * width, first: 2, step: 8 },
};

/** Extracts the luma from one raw frame without ffmpeg. */
function lumaByHand(frame: Buffer, layout: Layout): number[] {
  const { rowBytes, first = 0, step = 1, bytes = 1, isBigEndian = false, shift = 0 } = layout;
  const samples = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * rowBytes + first + x * step;
      const value =
        bytes === 1 ? frame.readUInt8(at) : isBigEndian ? frame.readUInt16BE(at) : frame.readUInt16LE(at);
      samples.push(value >> shift);
    }
  }
  return samples;
}

function samplesOf(plane: Buffer, bitDepth: number): number[] {
  if (bitDepth === 8) return [...plane];
  return Array.from({ length: plane.length / 2 }, (_, i) => plane.readUInt16LE(2 * i));
}

/**
 * Makes one frame in each of several pixel formats. One ffmpeg makes all of them, because its start takes longer.
 * @param source - the picture as a filter
 */
async function rawFrames(
  t: ExecutionContext,
  source: string,
  formats: readonly string[],
  path?: string,
): Promise<Buffer[]> {
  const folder = await tempFolder(t);
  const files = formats.map((_, i) => join(folder, `${i}.raw`));
  const outputs = formats.flatMap((name, i) => [
    ...['-map', '0:v', '-frames:v', '1', '-pix_fmt', name, '-f', 'rawvideo', files[i]!],
  ]);
  await runFfmpeg(['-f', 'lavfi', '-i', source, ...outputs], withPath(path));
  return Promise.all(files.map((file) => readFile(file)));
}

/** A raw frame and how it is stored. */
interface RawFrame {
  readonly name: string;
  readonly size: string;
  readonly bytes: Buffer;
}

/** The planes that the filters of `lumaPlan` give. One ffmpeg reads all frames. */
async function lumaPlanes(
  t: ExecutionContext,
  frames: readonly RawFrame[],
  path?: string,
): Promise<Buffer[]> {
  const folder = await tempFolder(t);
  const file = (i: number, kind: string): string => join(folder, `${i}.${kind}`);
  for (const [i, { bytes }] of frames.entries()) await writeFile(file(i, 'raw'), bytes);
  await runFfmpeg(
    [
      ...frames.flatMap(({ name, size }, i) => [
        ...['-f', 'rawvideo', '-pix_fmt', name, '-s', size, '-i', file(i, 'raw')],
      ]),
      ...frames.flatMap(({ name }, i) => [
        ...['-map', `${i}:v`, '-vf', lumaPlan(name).filters.join(','), '-f', 'rawvideo', file(i, 'luma')],
      ]),
    ],
    withPath(path),
  );
  return Promise.all(frames.map((_, i) => readFile(file(i, 'luma'))));
}

function withPath(path: string | undefined): { path?: string } {
  return path === undefined ? {} : { path };
}

/** Makes a layout that ffmpeg 5.1 can read but not write. */
function noiseOf(layout: Layout): Buffer {
  const frame = Buffer.alloc(layout.rowBytes * height);
  for (let i = 0; i < frame.length; i += 2)
    frame.writeUInt16LE((((i * 2_654_435_761) >>> 8) & 0x3ff) << 6, i);
  return frame;
}

for (const path of ffmpegPaths) {
  test(`with ${path} every luma sample is decoded as it is stored`, async (t) => {
    const made = Object.keys(layouts).filter((name) => name !== 'y210le');
    const noise = `testsrc2=s=${width}x${height},noise=alls=60:allf=t`;
    const raw = new Map((await rawFrames(t, noise, made, path)).map((bytes, i) => [made[i], bytes]));
    const frames = Object.entries(layouts).map(([name, layout]) => ({
      name,
      layout,
      size: `${width}x${height}`,
      bytes: raw.get(name) ?? noiseOf(layout),
    }));
    const planes = await lumaPlanes(t, frames, path);
    for (const [i, { name, layout, bytes }] of frames.entries()) {
      const plan = lumaPlan(name);
      const plane = planes[i]!;
      t.not(plan.how, 'converted', name);
      t.deepEqual(samplesOf(plane, plan.bitDepth), lumaByHand(bytes, layout), name);
      t.true(new Set(plane).size > 20, `${name}: a flat picture proves nothing`);
    }
  });

  test(`each format that ${path} knows is handled or refused by name`, async (t) => {
    const { stdout } = await runFfmpeg(['-hide_banner', '-pix_fmts'], { path });
    const names = [...stdout.toString().matchAll(/^[I.][O.][H.][P.][B.] (\w+) +\d/gm)].map(
      ([, name = '']) => name,
    );
    t.true(names.length > 150, names.join(' '));
    for (const name of names) {
      try {
        const plan = lumaPlan(name);
        t.true([8, 9, 10, 12, 14, 16].includes(plan.bitDepth), name);
        t.is(plan.how === 'converted', plan.notice !== undefined, name);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        t.is(error.code, 'INPUT_UNSUPPORTED');
        t.true(error.message.includes(name), error.message);
        t.regex(
          name,
          /xyz|bayer|nv16|nv20|(y21.|xv3.|ayuv64)be|f16|f32|uyyvyy411|vaapi|vdpau|cuda|qsv|d3d|dxva|mmal|media|xvmc|drm|opencl|vulkan|toolbox|rgbaf/,
        );
      }
    }
  });
}

test('one-bit black and white become 0 and 255', async (t) => {
  const names = ['monow', 'monob'];
  const raw = await rawFrames(t, 'color=white:s=16x4,drawbox=x=0:w=8:h=4:color=black:t=fill', names);
  const planes = await lumaPlanes(
    t,
    names.map((name, i) => ({ name, size: '16x4', bytes: raw[i]! })),
  );
  for (const [i, plane] of planes.entries()) t.deepEqual([...new Set(plane)].sort(), [0, 255], names[i]);
});

test('luma of RGB follows the BT.709 matrix', async (t) => {
  // ITU-R BT.709: Y = 16 + 219 (0.2126 R + 0.7152 G + 0.0722 B)
  const colors: [string, number[]][] = [
    ['white', [1, 1, 1]],
    ['black', [0, 0, 0]],
    ['red', [1, 0, 0]],
    ['lime', [0, 1, 0]],
    ['blue', [0, 0, 1]],
  ];
  const names = ['rgb24', 'gbrp', 'bgra'];
  for (const [color, [r = 0, g = 0, b = 0]] of colors) {
    const raw = await rawFrames(t, `color=${color}:s=8x8`, names);
    const planes = await lumaPlanes(
      t,
      names.map((name, i) => ({ name, size: '8x8', bytes: raw[i]! })),
    );
    const expected = 16 + 219 * (0.2126 * r + 0.7152 * g + 0.0722 * b);
    for (const [i, plane] of planes.entries()) {
      t.is(plane.length, 64);
      t.true(
        plane.every((value) => Math.abs(value - expected) <= 2),
        `${names[i] ?? ''} ${color}: ${plane[0] ?? ''} ${expected}`,
      );
    }
  }
});
