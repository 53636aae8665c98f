import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { probeCsv, runFfmpeg } from '../helpers/run-ffmpeg.ts';

const samples = fileURLToPath(new URL('../../../samples/', import.meta.url));
const films = ['his_girl_friday.mp4', 'entrance.mp4'];

/** The readme's section about a film, from its heading to the next. */
function sectionOf(film: string): string {
  const sections = readFileSync(`${samples}README.md`, 'utf8').split(/^## /m);
  return sections.find((section) => section.startsWith(`\`${film}\``)) ?? '';
}

for (const film of films) {
  test(`the readme states the origin and licence of ${film}`, (t) => {
    const section = sectionOf(film);
    const stated = /SHA-256: `([0-9a-f]{64})`/.exec(section)?.[1];
    t.is(
      stated,
      createHash('sha256')
        .update(readFileSync(`${samples}${film}`))
        .digest('hex'),
    );
    t.regex(section, /\*\*Origin:\*\* \S/);
    t.regex(section, /\*\*Licence:\*\* \S/);
  });
}

test('the bundled film has the 185 pictures and the sound that the readme states', async (t) => {
  const entries = ['-show_entries', 'stream=codec_name,width,height,nb_frames'];
  const streams = await probeCsv(`${samples}his_girl_friday.mp4`, ...entries);
  t.deepEqual(streams.toSorted(), ['aac,265', 'h264,640,480,185']);
});

test('the bundled camera has the 200 pictures at 10 fps that the readme states, and no sound', async (t) => {
  const entries = ['-show_entries', 'stream=codec_name,width,height,r_frame_rate,nb_frames'];
  t.deepEqual(await probeCsv(`${samples}entrance.mp4`, ...entries), ['h264,640,360,10/1,200']);
  t.true(statSync(`${samples}entrance.mp4`).size < 600_000);
});

test('no pixel of the bundled camera has colour', async (t) => {
  const { stdout } = await runFfmpeg([
    ...['-i', `${samples}entrance.mp4`, '-vf', 'extractplanes=u+v[u][v];[u][v]vstack', '-f', 'rawvideo', '-'],
  ]);
  t.is(stdout.length, 200 * 320 * 180 * 2);
  t.true(stdout.every((sample) => sample === 128));
});

test('the bundled camera begins and ends with the same empty room, so that its loop is invisible', async (t) => {
  const vf = 'select=eq(n\\,0)+eq(n\\,100)+eq(n\\,199),extractplanes=y';
  const { stdout } = await runFfmpeg([
    ...['-i', `${samples}entrance.mp4`, '-vf', vf, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'],
  ]);
  const pixels = 640 * 360;
  const differ = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < pixels; i++)
      sum += Math.abs((stdout[a * pixels + i] ?? 0) - (stdout[b * pixels + i] ?? 0));
    return sum / pixels;
  };
  t.true(differ(0, 2) < 3, `first and last: ${differ(0, 2)} levels`);
  t.true(differ(0, 1) > 2 * differ(0, 2), `first and one with a person: ${differ(0, 1)} levels`);
});
