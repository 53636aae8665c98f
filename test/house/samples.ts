import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { probeCsv } from '../helpers/run-ffmpeg.ts';

const samples = fileURLToPath(new URL('../../../samples/', import.meta.url));

test('the bundled film is the one whose origin and licence the readme states', (t) => {
  const stated = /SHA-256: `([0-9a-f]{64})`/.exec(readFileSync(`${samples}README.md`, 'utf8'))?.[1];
  const film = readFileSync(`${samples}his_girl_friday.mp4`);
  t.is(stated, createHash('sha256').update(film).digest('hex'));
});

test('the bundled film has the 185 pictures and the sound that the readme states', async (t) => {
  const entries = ['-show_entries', 'stream=codec_name,width,height,nb_frames'];
  const streams = await probeCsv(`${samples}his_girl_friday.mp4`, ...entries);
  t.deepEqual(streams.toSorted(), ['aac,265', 'h264,640,480,185']);
});
