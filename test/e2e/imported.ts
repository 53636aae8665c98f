/** An imported network in the place of ours: a film, a film that resumes with a blend, and a live camera. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import test from 'ava';
import sharp from 'sharp';
import { rgbToCbCr } from '../../src/model/color/ycbcr.ts';
import { labToRgb } from '../../src/model/color/lab.ts';
import { colorizeFilm } from '../../src/stream/film/colorize-film.ts';
import { openFilmResources } from '../../src/stream/film/film-resources.ts';
import { importModel } from '../../src/model/imported/import-model.ts';
import { ddcolor, lightness } from '../helpers/made-colorizers.ts';
import { runFfmpeg } from '../helpers/run-ffmpeg.ts';
import { startServe } from '../helpers/serve.ts';

const run = promisify(execFile);

let folder = '';
let film = '';

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chromafeed-test-'));
  process.env['CHROMAFEED_HOME'] = join(folder, 'home');
  const file = await ddcolor.write(join(folder, 'ddcolor.onnx'));
  await importModel({ file, name: 'ddcolor', licence: 'Apache-2.0' });
  film = join(folder, 'film.mkv');
  // Gray 180 everywhere: the colour that the network gives is known.
  const source = 'color=c=0xb4b4b4:size=64x48:rate=5:duration=4,format=gray';
  await runFfmpeg(['-f', 'lavfi', '-i', source, '-color_range', 'pc', '-c:v', 'ffv1', film]);
});

test.after.always(() => rm(folder, { recursive: true, force: true }));

/** Cb and Cr that the DDColor form must give for a gray byte, 0..255. */
function expectedChroma(byte: number): number[] {
  const [a, b] = ddcolor.abOf(byte);
  const rgb = new Float32Array(3);
  labToRgb(lightness(byte), a, b, rgb);
  const chroma = new Float32Array(2);
  rgbToCbCr(rgb[0]!, rgb[1]!, rgb[2]!, 'bt601', chroma);
  return Array.from(chroma, (value) => 128 + 255 * value);
}

async function planes(file: string): Promise<{ luma: Uint8Array; cb: number; cr: number; count: number }> {
  const args = ['-v', 'error', '-i', file, '-f', 'rawvideo', '-pix_fmt', 'yuvj420p', '-'];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer' });
  const frame = 64 * 48 * 1.5;
  const mean = (from: number): number =>
    stdout.subarray(from, from + 32 * 24).reduce((sum, value) => sum + value, 0) / (32 * 24);
  return {
    luma: stdout.subarray(0, 64 * 48),
    cb: mean(64 * 48),
    cr: mean(64 * 48 + 32 * 24),
    count: stdout.length / frame,
  };
}

test.serial(
  'a network of the DDColor form colours a film: its chroma, exact luma, and the licence in its tags',
  async (t) => {
    const output = join(folder, 'colour.mkv');
    const { stdout: before } = await run(
      'ffmpeg',
      ['-v', 'error', '-i', film, '-f', 'rawvideo', '-pix_fmt', 'gray', '-'],
      { encoding: 'buffer' },
    );
    await using resources = await openFilmResources({ model: 'ddcolor', device: 'cpu' });
    const { frames, model } = await colorizeFilm(film, output, { codec: 'ffv1', size: 64, resources });
    t.is(frames, 20);
    t.is(model.name, 'ddcolor');
    const { luma, cb, cr, count } = await planes(output);
    t.is(count, 20);
    t.deepEqual(Buffer.from(luma), before.subarray(0, 64 * 48));
    const [wantedCb = NaN, wantedCr = NaN] = expectedChroma(before[0] ?? 0);
    t.true(
      Math.abs(cb - wantedCb) < 1 && Math.abs(cr - wantedCr) < 1,
      `${cb}, ${cr} is not ${wantedCb}, ${wantedCr}`,
    );
    const { stdout } = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'format_tags',
      '-of',
      'json',
      output,
    ]);
    t.regex(stdout, /with the model ddcolor version 1 \(licence: Apache-2\.0\)/);
    t.regex(stdout, /"SYNTHETIC_COLOR_LICENCE": "Apache-2\.0"/i);
  },
);

test.serial('a stopped film of an imported network resumes, and a blend names both models', async (t) => {
  const stop = new AbortController();
  const whole = join(folder, 'whole.mkv');
  const parts = join(folder, 'parts.mkv');
  const options = {
    model: 'starter',
    blend: 'ddcolor=0.5',
    device: 'cpu',
    codec: 'ffv1',
    size: 64,
    segmentFrames: 4,
  } as const;
  await using resources = await openFilmResources(options);
  await colorizeFilm(film, whole, { ...options, resources });
  const reporter = {
    ...resources.reporter,
    progress: ({ frames }: { readonly frames: number }) => {
      if (frames >= 10) stop.abort(new Error('stopped by the test'));
    },
  };
  await t.throwsAsync(
    colorizeFilm(film, parts, { ...options, resources: { ...resources, reporter, signal: stop.signal } }),
  );
  const { resumedFrames } = await colorizeFilm(film, parts, { ...options, resources });
  t.true(resumedFrames >= 4);
  const hash = async (file: string): Promise<string> =>
    (await run('ffmpeg', ['-v', 'error', '-i', file, '-f', 'md5', '-'])).stdout;
  t.is(await hash(parts), await hash(whole));
  const { stdout } = await run('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'format_tags',
    '-of',
    'json',
    parts,
  ]);
  t.regex(
    stdout,
    /with the models starter version 1 and ddcolor version 1 \(licence: Apache-2\.0\), 50 % of it by the second/,
  );
  t.regex(stdout, /"starter 1 \+ ddcolor 1 \(50 %\)"/);
});

test.serial('a network of the DDColor form colours a live camera', async (t) => {
  const looped = join(folder, 'looped.mp4');
  await runFfmpeg([
    '-f',
    'lavfi',
    '-i',
    'color=c=0xb4b4b4:size=128x96:rate=10:duration=3',
    '-pix_fmt',
    'yuv420p',
    looped,
  ]);
  const config = [
    'engine: { model: ddcolor, device: cpu, shortSidePx: 64 }',
    'server: { port: 0 }',
    'publish: { visibleMark: false }',
    `cameras: { hall: { source: "file:${looped}", unwatched: full } }`,
  ].join('\n');
  await using served = await startServe(config);
  const color = async (): Promise<number> => {
    const response = await fetch(new URL('api/cameras/hall/snapshot.jpg', served.url));
    if (!response.ok) return 0;
    const { channels } = await sharp(Buffer.from(await response.arrayBuffer())).stats();
    const [red, , blue] = channels;
    return (red?.mean ?? 0) - (blue?.mean ?? 0);
  };
  const [a, b] = ddcolor.abOf(180);
  const rgb = new Float32Array(3);
  labToRgb(lightness(180), a, b, rgb);
  const wanted = 255 * (rgb[0]! - rgb[2]!);
  let seen = 0;
  const endMs = performance.now() + 60_000;
  while (Math.abs(seen - wanted) >= 4 && performance.now() < endMs) {
    seen = await color();
    await delay(200);
  }
  t.true(Math.abs(seen - wanted) < 4, `${seen} is not ${wanted}`);
  const status = await (await fetch(new URL('api/cameras/hall', served.url))).text();
  t.regex(status, /"name":"ddcolor"/);
});
