/** What lies beside a film's picture: sound, subtitles, covers, tags. */
import { join } from 'node:path';
import test from 'ava';
import { packetTimes } from '../helpers/film.ts';
import { useFilmResources } from '../helpers/film-resources.ts';
import { runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';

const color = useFilmResources();
/** Gray pictures of one second. */
const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10:duration=2,hue=s=0'];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-pix_fmt', 'yuv420p'];

/** When sound begins and ends, by ffmpeg's `silencedetect`: seconds. */
async function soundEdges(film: string): Promise<number[]> {
  const { stderr } = await runFfmpeg([
    ...[
      '-loglevel',
      'info',
      '-i',
      film,
      '-map',
      '0:a',
      '-af',
      'silencedetect=n=-30dB:d=0.05',
      '-f',
      'null',
      '-',
    ],
  ]);
  return [...stderr.matchAll(/silence_(?:start|end): (\S+)/g)].map(([, time]) => Number(time));
}

test.serial('sound that an edit list hides is not heard in the output', async (t) => {
  const folder = await tempFolder(t);
  const [whole, input] = [join(folder, 'whole.mp4'), join(folder, 'in.mp4')];
  const beeps =
    'sine=frequency=900:beep_factor=1:duration=2,volume=enable=not(between(mod(t\\,0.5)\\,0.2\\,0.3)):volume=0';
  await runFfmpeg([...picture, '-f', 'lavfi', '-i', beeps, ...h264, '-c:a', 'aac', whole]);
  // A copy from the middle hides what lies before it, back to the keyframe.
  await runFfmpeg(['-ss', '0.85', '-i', whole, '-c', 'copy', input]);
  const expected = await soundEdges(input);
  t.true(expected.length >= 4, expected.join());
  for (const container of ['mp4', 'mkv']) {
    const output = join(folder, `out.${container}`);
    await color(t, { input, output, size: 64, preset: 'ultrafast' });
    const edges = await soundEdges(output);
    t.is(edges.length, expected.length, edges.join());
    edges.forEach((edge, i) =>
      t.true(Math.abs(edge - (expected[i] ?? NaN)) < 0.03, `${edge} ${expected[i]}`),
    );
    t.true((await packetTimes(output, 'a:0')).every((time) => time > -0.1));
  }
});
