import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { takeFootage, type Footage } from '../../../src/train/camera/footage.ts';
import { runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

/** A colourful film of this many seconds. */
async function makeFilm(folder: string, name: string, seconds: number, graph: string): Promise<string> {
  const film = join(folder, `${name}.mkv`);
  const output = ['-t', String(seconds), '-c:v', 'ffv1', '-pix_fmt', 'yuv444p', film];
  await runFfmpeg(['-f', 'lavfi', '-i', graph, ...output]);
  return film;
}

async function footageOf(t: ExecutionContext, films: readonly string[], frames: number): Promise<Footage> {
  return takeFootage({
    films,
    dir: await tempFolder(t),
    shortSidePx: 48,
    frames,
    heldOut: 0.5,
    signal: new AbortController().signal,
  });
}

test("a camera's black bars belong to its picture", async (t) => {
  const folder = await tempFolder(t);
  const film = await makeFilm(folder, 'bars', 2, 'testsrc2=s=72x96:r=10,pad=128:96:28:0');
  const { size } = await footageOf(t, [film], 16);
  t.deepEqual(size, { widthPx: 64, heightPx: 48 });
});

test('a longer film gives more pictures, and all films together give no more than asked for', async (t) => {
  const folder = await tempFolder(t);
  const long = await makeFilm(folder, 'long', 3, 'testsrc2=s=64x48:r=10');
  const short = await makeFilm(folder, 'short', 1, 'color=c=red:s=64x48:r=10');
  const { training, heldOut } = await footageOf(t, [long, short], 17);
  const isEven = [...training, ...heldOut].map(({ luma }) => luma.every((byte) => byte === luma[0]));
  t.deepEqual(isEven, [...Array<boolean>(13).fill(false), ...Array<boolean>(4).fill(true)]);
});
