import test from 'ava';
import { activeRect } from '../../../src/ingest/scenes/black-bars.ts';
import type { LumaFormat } from '../../../src/frame.ts';
import { runFfmpeg } from '../../helpers/run-ffmpeg.ts';

const format: LumaFormat = { widthPx: 320, heightPx: 240, bitDepth: 8, range: 'limited' };

/** The luma planes of frames from lavfi. */
async function planes(graph: string, frames = 1, pixelFormat = 'gray'): Promise<{ plane: Uint8Array }[]> {
  const args = [
    '-f',
    'lavfi',
    '-i',
    graph,
    '-frames:v',
    String(frames),
    '-pix_fmt',
    pixelFormat,
    '-f',
    'rawvideo',
    '-',
  ];
  const { stdout } = await runFfmpeg(args);
  const bytes = stdout.length / frames;
  return Array.from({ length: frames }, (_, i) => ({
    plane: new Uint8Array(stdout.subarray(i * bytes, (i + 1) * bytes)),
  }));
}

const limited = 'format=yuv420p,extractplanes=y';
const noise = 'noise=alls=12:allf=t:all_seed=3';

test('letterbox bars are cut off, noise in them or not', async (t) => {
  for (const grain of ['null', noise]) {
    const graph = `testsrc2=s=320x180,pad=320:240:0:30,${limited},${grain}`;
    t.deepEqual(activeRect(await planes(graph, 3), format), { x: 0, y: 30, width: 320, height: 180 });
  }
});

test('pillarbox and both kinds of bars are cut off', async (t) => {
  const pillars = await planes(`testsrc2=s=240x240,pad=320:240:40:0,${limited},${noise}`, 2);
  t.deepEqual(activeRect(pillars, format), { x: 40, y: 0, width: 240, height: 240 });
  const window = await planes(`testsrc2=s=240x180,pad=320:240:40:30,${limited}`, 2);
  t.deepEqual(activeRect(window, format), { x: 40, y: 30, width: 240, height: 180 });
});

test('a bar of an odd width leaves its last row to the picture', async (t) => {
  const [odd] = await planes(`color=gray:s=320x182,${limited},pad=320:240:0:29`);
  t.deepEqual(activeRect([odd!], format), { x: 0, y: 28, width: 320, height: 184 });
});

test('ten bits and full range are measured by their own black', async (t) => {
  const [deep] = await planes('color=gray:s=320x180,pad=320:240:0:30,format=gray10le', 1, 'gray10le');
  const plane = new Uint16Array(deep!.plane.buffer, deep!.plane.byteOffset, 320 * 240);
  const rect = activeRect([{ plane }], { ...format, bitDepth: 10, range: 'full' });
  t.deepEqual(rect, { x: 0, y: 30, width: 320, height: 180 });
});

test('a dark scene does not crop a film that shows more elsewhere', async (t) => {
  const [bright] = await planes(`testsrc2=s=320x240,${limited}`);
  const [dim] = await planes(`testsrc2=s=320x140,pad=320:240:0:50,${limited}`);
  t.deepEqual(activeRect([dim!, bright!], format), { x: 0, y: 0, width: 320, height: 240 });
});

test('nothing is cut off when every sample except a lamp is dark', async (t) => {
  const [black] = await planes(`color=black:s=320x240,${limited},${noise}`);
  const [lamp] = await planes(`color=black:s=320x240,drawbox=140:100:40:30:white:fill,${limited}`);
  t.deepEqual(activeRect([black!, lamp!], format), { x: 0, y: 0, width: 320, height: 240 });
  t.deepEqual(activeRect([], format), { x: 0, y: 0, width: 320, height: 240 });
});

test('neither the edge of a scan nor most of the picture counts as a bar', async (t) => {
  const [edge] = await planes(`testsrc2=s=316x240,pad=320:240:2:0,${limited}`);
  t.deepEqual(activeRect([edge!], format), { x: 0, y: 0, width: 320, height: 240 });
  const [corner] = await planes(`testsrc2=s=320x120,pad=320:240:0:120,${limited}`);
  t.deepEqual(activeRect([corner!], format), { x: 0, y: 0, width: 320, height: 240 });
});

test('a plane of another size is refused', (t) => {
  t.throws(() => activeRect([{ plane: new Uint8Array(10) }], format), {
    instanceOf: RangeError,
    message: 'black bars: expected 76800 samples but got 10',
  });
});
