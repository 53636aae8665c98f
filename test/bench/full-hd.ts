import { join } from 'node:path';
import test from 'ava';
import { makeFullHd, makeGray } from '../../bench/support/full-hd.ts';
import { probeSize } from '../../bench/support/picture-size.ts';
import { AppError } from '../../src/errors.ts';
import { runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';

test('the film made for timing is 1080p in colour, and its gray version has no chroma', async (t) => {
  const folder = await tempFolder(t);
  const small = join(folder, 'small.mkv');
  await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=size=64x42:rate=10', '-frames:v', '2', small]);
  const [colour, plain] = [join(folder, 'colour.mp4'), join(folder, 'gray.mp4')];
  await makeFullHd(small, colour, 3);
  t.deepEqual(await probeSize(colour), { widthPx: 1920, heightPx: 1080 });
  await makeGray(colour, plain);
  const chroma = async (path: string): Promise<Set<number>> => {
    const filter = ['-vf', 'extractplanes=u', '-f', 'rawvideo', '-'];
    return new Set((await runFfmpeg(['-i', path, '-frames:v', '1', ...filter])).stdout);
  };
  t.deepEqual([...(await chroma(plain))], [128]);
  t.true((await chroma(colour)).size > 20);
});

test('a file that is not a film has no size', async (t) => {
  const missing = join(await tempFolder(t), 'none.mkv');
  await t.throwsAsync(probeSize(missing), { instanceOf: AppError, code: 'FFMPEG_FAILED' });
});
