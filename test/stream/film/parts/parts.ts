/** A film in parts: planned once, made by several processes, and joined to the film of one process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { AppError } from '../../../../src/errors.ts';
import { colorizeFilm } from '../../../../src/stream/film/colorize-film.ts';
import type { FilmOptions } from '../../../../src/stream/film/film-options.ts';
import { openFilmResources, type FilmResources } from '../../../../src/stream/film/film-resources.ts';
import { colorizePart } from '../../../../src/stream/film/parts/colorize-part.ts';
import { joinParts } from '../../../../src/stream/film/parts/join-parts.ts';
import { parsePartsPlan, type PartsPlan } from '../../../../src/stream/film/parts/parts-plan.ts';
import { planParts } from '../../../../src/stream/film/parts/plan-parts.ts';
import { until } from '../../../helpers/program.ts';
import { probeCsv, runFfmpeg, tempFolder } from '../../../helpers/run-ffmpeg.ts';
import { smallEmbedding } from '../../../helpers/small-embedding.ts';

const samples = fileURLToPath(new URL('../../../../../samples/', import.meta.url));
const onePart = fileURLToPath(new URL('../../../helpers/color-part.js', import.meta.url));

let home = '';
/** Seven shots of 14 frames each at uneven times, with sound; 96 x 72 pixels. */
let film = '';
let resources: FilmResources & AsyncDisposable;

test.before(async () => {
  home = await mkdtemp(join(tmpdir(), 'chromafeed-parts-'));
  film = join(home, 'film.mkv');
  await makeFilm(film, ['-c:v', 'libx264', '-g', '10', '-bf', '2', '-c:a', 'ac3']);
  resources = await openFilmResources({ embedding: smallEmbedding, device: 'cpu' });
});

test.after.always(async () => {
  await resources[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

/** Cuts the repository's two samples into shots, each with another part of the picture. */
async function makeFilm(path: string, encoding: readonly string[]): Promise<void> {
  const shot = (input: number, fromS: number, filter: string, i: number): string =>
    `[${input}:v]trim=start=${fromS},setpts=PTS-STARTPTS,fps=10,trim=end_frame=20,${filter}scale=96:72,setsar=1,format=gray,format=yuv420p[s${i}]`;
  const shots = [
    shot(0, 0, '', 0),
    shot(1, 0, '', 1),
    shot(0, 3, 'hflip,crop=iw/2:ih/2,', 2),
    shot(1, 1, 'crop=iw/2:ih/2:0:0,', 3),
    shot(0, 2, 'vflip,', 4),
    shot(1, 2, 'hflip,vflip,', 5),
    shot(0, 1, 'crop=iw/3:ih/3,', 6),
  ];
  const joined = `${shots.map((_, i) => `[s${i}]`).join('')}concat=n=${shots.length},select=mod(n\\,5)*mod(n\\,7)[v]`;
  await runFfmpeg([
    ...['-i', join(samples, 'his_girl_friday.mp4'), '-stream_loop', '3', '-i', join(samples, 'entrance.mp4')],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440:duration=13'],
    ...['-filter_complex', [...shots, joined].join(';'), '-map', '[v]', '-map', '2:a'],
    ...['-fps_mode', 'vfr', '-metadata', 'title=Seven shots', ...encoding, path],
  ]);
}

const options: FilmOptions = { size: 64, segmentFrames: 16, preset: 'veryfast' };

/** Every packet of every stream: time, length, flags and MD5. */
async function packets(path: string): Promise<string[]> {
  const entries = 'packet=stream_index,pts,dts,duration,size,flags,data_hash';
  return probeCsv(path, '-show_entries', entries, '-show_data_hash', 'md5');
}

/** Starts a process that makes one part. */
function startPart(planPath: string, input: string, number: number, folder: string): ChildProcess {
  const args = [onePart, planPath, input, String(number), folder, smallEmbedding];
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function copyElsewhere(folder: string): Promise<string> {
  const copy = join(folder, 'elsewhere.mkv');
  await copyFile(film, copy);
  await utimes(copy, 1e9, 1e9);
  return copy;
}

/** The plan as another machine reads it. */
function received(plan: PartsPlan): PartsPlan {
  return parsePartsPlan(JSON.parse(JSON.stringify(plan)));
}

function codeOf(code: string): { readonly instanceOf: typeof AppError; readonly code: string } {
  return { instanceOf: AppError, code };
}

test.serial(
  'parts, one of them made by a process that was killed and another that resumed it, are joined to the film of one process',
  async (t) => {
    const folder = await tempFolder(t);
    const [whole, output] = [join(folder, 'whole', 'film.mkv'), join(folder, 'joined', 'film.mkv')];
    const single = await colorizeFilm(film, whole, { ...options, resources });
    const plan = await planParts({ input: film, output, options }, { splitSeconds: 4 }, { resources });
    t.is(plan.parts.length, 3);
    t.is(plan.frames, single.frames);
    const planPath = join(folder, 'plan.json');
    await writeFile(planPath, JSON.stringify(plan));
    const input = await copyElsewhere(folder);
    const folders = plan.parts.map(({ number }) => join(folder, 'parts', String(number)));
    const [first = '', second = '', third = ''] = folders;
    const killed = startPart(planPath, input, 1, second);
    const journal = join(`${second}.partial`, 'journal.jsonl');
    await until(
      async () => (await readFile(journal, 'utf8').catch(() => '')).includes('"segment"'),
      'a segment',
    );
    killed.kill('SIGKILL');
    await once(killed, 'close');
    t.false(existsSync(second));
    await colorizePart({ input, plan: received(plan) }, 2, third, { resources });
    await colorizePart({ input, plan: received(plan) }, 0, first, { resources });
    const resumed = startPart(planPath, input, 1, second);
    t.is((await once(resumed, 'close'))[0], 0);
    const joined = await joinParts({ input, plan: received(plan) }, folders, output, { resources });
    t.deepEqual(await packets(output), await packets(whole));
    t.deepEqual(joined.scenes, single.scenes);
    t.is(joined.scenes.length, 7);
    t.deepEqual(
      (await readdir(second)).filter((name) => !/^(part\.json|segment-\d+\.nut)$/.test(name)),
      [],
    );
    t.deepEqual(await readdir(join(folder, 'joined')), ['film.mkv']);
    const again = await colorizePart({ input, plan }, 1, join(folder, 'again'), { resources });
    t.deepEqual(again, JSON.parse(await readFile(join(second, 'part.json'), 'utf8')));
  },
);

test.serial('in mp4, two parts give every byte of the film of one process', async (t) => {
  const folder = await tempFolder(t);
  const input = join(folder, 'in.mp4');
  await makeFilm(input, ['-c:v', 'libx264', '-g', '100', '-bf', '2', '-c:a', 'aac']);
  const [whole, output] = [join(folder, 'whole', 'film.mp4'), join(folder, 'joined', 'film.mp4')];
  const mp4 = { ...options, start: 1.5 };
  await colorizeFilm(input, whole, { ...mp4, resources });
  const plan = await planParts({ input, output, options: mp4 }, { splitSeconds: 6 }, { resources });
  t.is(plan.parts.length, 2);
  const folders = plan.parts.map(({ number }) => join(folder, `part-${number}`));
  for (const [number, path] of folders.toReversed().entries())
    await colorizePart({ input, plan }, plan.parts.length - 1 - number, path, { resources });
  await joinParts({ input, plan }, folders, output, { resources });
  t.deepEqual(await packets(output), await packets(whole));
  t.is(Buffer.compare(await readFile(output), await readFile(whole)), 0);
});

test.serial('a part is made once, and a damaged part is refused', async (t) => {
  const folder = await tempFolder(t);
  const output = join(folder, 'film.mkv');
  const plan = await planParts({ input: film, output, options }, { splitSeconds: 5 }, { resources });
  const folders = plan.parts.map(({ number }) => join(folder, `part-${number}`));
  const [, last = ''] = folders;
  t.is(folders.length, 2);
  const made = await colorizePart({ input: film, plan }, 1, last, { resources });
  const { mtimeMs } = await stat(last);
  t.deepEqual(await colorizePart({ input: '/nowhere', plan }, 1, last, { resources }), made);
  t.is((await stat(last)).mtimeMs, mtimeMs);
  await t.throwsAsync(joinParts({ input: film, plan }, folders, output, { resources }), {
    ...codeOf('PART_INVALID'),
    message: /part-0: it has no part\.json/,
  });
  const segment = join(last, 'segment-00001.nut');
  const bytes = await readFile(segment);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(segment, bytes);
  await t.throwsAsync(colorizePart({ input: film, plan }, 1, last, { resources }), {
    ...codeOf('PART_INVALID'),
    message: /segment-00001\.nut: expected the SHA-256/,
  });
  t.false(existsSync(output));
});

test.serial('a machine that would make another film refuses the part and names the difference', async (t) => {
  const folder = await tempFolder(t);
  const plan = await planParts({ input: film, output: 'a.mkv', options }, { splitSeconds: 5 }, { resources });
  const part = join(folder, 'part');
  const other = { ...plan, settings: { ...plan.settings, ffmpeg: '5.0' } };
  await t.throwsAsync(colorizePart({ input: film, plan: other }, 0, part, { resources }), {
    ...codeOf('PLAN_MISMATCH'),
    message: /ffmpeg was "5\.0", now "/,
  });
  const input = join(folder, 'other.mkv');
  await runFfmpeg(['-i', film, '-c', 'copy', '-metadata', 'title=Other', input]);
  await t.throwsAsync(colorizePart({ input, plan }, 0, part, { resources }), {
    ...codeOf('PLAN_MISMATCH'),
    message: /source was "SHA-256 \w+", now "SHA-256/,
  });
  t.throws(() => parsePartsPlan({ ...plan, parts: [] }), codeOf('PLAN_MISMATCH'));
  t.deepEqual(await readdir(folder), ['other.mkv']);
});

test.serial('a film without cuts has one part', async (t) => {
  const input = join(samples, 'his_girl_friday.mp4');
  const short = { ...options, duration: 1 };
  const plan = await planParts(
    { input, output: 'a.mkv', options: short },
    { splitSeconds: 0.2 },
    { resources },
  );
  t.is(plan.parts.length, 1);
  t.is(plan.parts[0]?.start, undefined);
});
