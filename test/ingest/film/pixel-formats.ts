import test from 'ava';
import { AppError } from '../../../src/errors.ts';
import { lumaPlan } from '../../../src/ingest/film/pixel-formats.ts';
import { ffmpegPaths, runFfmpeg } from '../../helpers/run-ffmpeg.ts';

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

async function noiseFrom(path: string, pixelFormat: string): Promise<Buffer> {
  const source = [
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=${width}x${height},noise=alls=60:allf=t`,
    '-frames:v',
    '1',
  ];
  const { stdout } = await runFfmpeg([...source, '-pix_fmt', pixelFormat, '-f', 'rawvideo', 'pipe:1'], {
    path,
  });
  return stdout;
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
    for (const [name, layout] of Object.entries(layouts)) {
      const plan = lumaPlan(name);
      t.not(plan.how, 'converted', name);
      const raw = name === 'y210le' ? noiseOf(layout) : await noiseFrom(path, name);
      const input = ['-f', 'rawvideo', '-pix_fmt', name, '-s', `${width}x${height}`, '-i', 'pipe:0'];
      const filters = ['-vf', plan.filters.join(','), '-f', 'rawvideo', 'pipe:1'];
      const { stdout: plane } = await runFfmpeg([...input, ...filters], { input: [raw], path });
      t.deepEqual(samplesOf(plane, plan.bitDepth), lumaByHand(raw, layout), name);
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
  for (const name of ['monow', 'monob']) {
    const source = [
      '-f',
      'lavfi',
      '-i',
      `color=white:s=16x4,drawbox=x=0:w=8:h=4:color=black:t=fill`,
      '-frames:v',
      '1',
    ];
    const { stdout: raw } = await runFfmpeg([...source, '-pix_fmt', name, '-f', 'rawvideo', 'pipe:1']);
    const input = ['-f', 'rawvideo', '-pix_fmt', name, '-s', '16x4', '-i', 'pipe:0'];
    const args = [...input, '-vf', lumaPlan(name).filters.join(','), '-f', 'rawvideo', 'pipe:1'];
    const { stdout } = await runFfmpeg(args, { input: [raw] });
    t.deepEqual([...new Set(stdout)].sort(), [0, 255], name);
  }
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
  for (const [color, [r = 0, g = 0, b = 0]] of colors) {
    for (const name of ['rgb24', 'gbrp', 'bgra']) {
      const source = [
        '-f',
        'lavfi',
        '-i',
        `color=${color}:s=8x8`,
        '-frames:v',
        '1',
        '-pix_fmt',
        name,
        '-f',
        'rawvideo',
        'pipe:1',
      ];
      const { stdout: raw } = await runFfmpeg(source);
      const input = ['-f', 'rawvideo', '-pix_fmt', name, '-s', '8x8', '-i', 'pipe:0'];
      const args = [...input, '-vf', lumaPlan(name).filters.join(','), '-f', 'rawvideo', 'pipe:1'];
      const { stdout } = await runFfmpeg(args, { input: [raw] });
      const expected = 16 + 219 * (0.2126 * r + 0.7152 * g + 0.0722 * b);
      t.true(
        stdout.every((value) => Math.abs(value - expected) <= 2),
        `${name} ${color}: ${stdout[0]} ${expected}`,
      );
    }
  }
});
