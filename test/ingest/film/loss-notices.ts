import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { probe } from '../../../src/ingest/film/probe.ts';
import { openSource } from '../../../src/ingest/film/source-input.ts';
import { runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=10:d=0.5'];
/** SEI messages of H.264 by ITU-T T.35: captions (CEA-708, one pair of bytes) and an active format (ATSC A/53). */
const captions = '0000000106' + '040e' + 'b5003147413934' + '03c1fffc9420ff' + '80';
const activeFormat = '0000000106' + '0409' + 'b5003144544731' + '41f8' + '80';

test('a notice names closed captions and an active format in the stream before they are lost', async (t) => {
  const folder = await tempFolder(t);
  const [plain, film] = [join(folder, 'plain.264'), join(folder, 'film.264')];
  await runFfmpeg([...picture, '-c:v', 'libx264', '-g', '1', '-pix_fmt', 'yuv420p', plain]);
  const bytes = await readFile(plain);
  // After the parameter sets and x264's own message, and before the first slice.
  const slice = /0000(?:00)?01[26]5/.exec(bytes.toString('hex'))?.index ?? 0;
  const [head, rest] = [bytes.subarray(0, slice / 2), bytes.subarray(slice / 2)];
  await writeFile(film, Buffer.concat([head, Buffer.from(captions + activeFormat, 'hex'), rest]));
  await using input = await openSource(film);
  const { notices } = await probe(input);
  t.regex(notices.join('\n'), /closed captions inside its picture/);
  t.regex(notices.join('\n'), /active format description/);
  await using without = await openSource(plain);
  t.deepEqual((await probe(without)).notices, []);
});

test("a notice names a film's transparency before it is lost", async (t) => {
  const film = join(await tempFolder(t), 'film.mkv');
  await runFfmpeg([...picture, '-c:v', 'ffv1', '-pix_fmt', 'yuva420p', film]);
  await using input = await openSource(film);
  t.regex((await probe(input)).notices.join('\n'), /transparency is lost/);
});
