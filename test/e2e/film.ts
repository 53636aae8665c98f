/** Whole films through the whole program: everything that must not change is as in the source. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { packetSums, packetTimes } from '../helpers/film.ts';
import { useFilmResources } from '../helpers/film-resources.ts';
import { lumaSum, runProgram, sameLuma } from '../helpers/program.ts';
import { probeCsv, runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';
import { smallEmbedding } from '../helpers/small-embedding.ts';

const color = useFilmResources();
const pattern = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=12:duration=2'];
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=2'];
/** A small picture for the network, for tests that do not check its colour. */
const small = ['--size', '64', '--embedding', smallEmbedding];

interface Film {
  readonly make: readonly string[];
  readonly name: string;
  readonly pixFmt: string;
}

const films: Readonly<Record<string, Film>> = {
  'H.264 with B-frames in mp4': {
    make: [...pattern, '-c:v', 'libx264', '-bf', '3', '-pix_fmt', 'yuv420p'],
    name: 'in.mp4',
    pixFmt: 'yuv420p',
  },
  '10-bit FFV1': {
    make: [...pattern, '-c:v', 'ffv1', '-pix_fmt', 'yuv420p10le'],
    name: 'in.mkv',
    pixFmt: 'yuv420p10le',
  },
  'full range': {
    make: [...pattern, '-c:v', 'ffv1', '-pix_fmt', 'yuvj420p', '-color_range', 'pc', '-strict', '-2'],
    name: 'in.mkv',
    pixFmt: 'yuv420p',
  },
  'an odd size': {
    make: [...pattern, '-vf', 'scale=161:121', '-c:v', 'ffv1', '-pix_fmt', 'yuv420p'],
    name: 'in.mkv',
    pixFmt: 'yuv420p',
  },
  'gray frames': {
    make: [...pattern, '-c:v', 'ffv1', '-pix_fmt', 'gray'],
    name: 'in.mkv',
    pixFmt: 'yuv420p',
  },
  'an interlaced source': {
    make: [
      ...pattern,
      '-vf',
      'tinterlace=4,setfield=tff',
      '-c:v',
      'mpeg2video',
      '-q:v',
      '2',
      '-flags',
      '+ilme+ildct',
    ],
    name: 'in.mkv',
    pixFmt: 'yuv420p',
  },
  'a varying frame rate': {
    make: [
      ...pattern,
      '-vf',
      'select=not(mod(n\\,7))+not(mod(n\\,3))',
      '-fps_mode',
      'vfr',
      '-c:v',
      'libx264',
    ],
    name: 'in.mp4',
    pixFmt: 'yuv420p',
  },
};

for (const [title, film] of Object.entries(films)) {
  test.serial(
    `${title}: luma is unchanged, every frame is there at its time, and there is colour`,
    async (t) => {
      const folder = await tempFolder(t);
      const [input, output] = [join(folder, film.name), join(folder, 'out.mkv')];
      await runFfmpeg([...film.make, input]);
      await color(t, { input, output, codec: 'ffv1', segmentFrames: 12, size: 64 });
      await sameLuma(t, output, input);
      const [times, expected] = [await packetTimes(output, 'v:0'), await packetTimes(input, 'v:0')];
      t.is(times.length, expected.length);
      times.forEach((time, i) =>
        t.true(Math.abs(time - expected[i]!) <= 0.00051, `frame ${i}: ${time} ${expected[i]!}`),
      );
      t.deepEqual(await probeCsv(output, '-select_streams', 'v', '-show_entries', 'stream=pix_fmt'), [
        film.pixFmt,
      ]);
      // The default model is uncertain about a test pattern and gives it pale colour.
      t.true((await chromaSpread(output)) > 0.5, 'chroma is not flat');
      if (!title.includes('interlaced')) return;
      const [order] = await probeCsv(input, '-select_streams', 'v', '-show_entries', 'stream=field_order');
      t.regex(order ?? '', /tt|tb/);
    },
  );
}

test.serial(
  'an mp4 keeps its timestamps to the tick, its sound packet by packet, its tags and its length',
  async (t) => {
    const folder = await tempFolder(t);
    const [input, output] = [join(folder, 'in.mp4'), join(folder, 'out.mp4')];
    // ffmpeg 5 takes the tags from the encoder's options, ffmpeg 7 from the frames.
    const frameTags = 'setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709';
    const vfr = ['-vf', `select=not(mod(n\\,7))+not(mod(n\\,3)),${frameTags}`, '-fps_mode', 'vfr'];
    await runFfmpeg([
      ...[
        ...pattern,
        ...tone,
        ...vfr,
        '-c:v',
        'libx264',
        '-bf',
        '3',
        '-c:a',
        'aac',
        '-video_track_timescale',
        '12000',
      ],
      ...[
        '-metadata',
        'title=A reel',
        '-color_range',
        'tv',
        '-colorspace',
        'bt709',
        '-color_primaries',
        'bt709',
        '-color_trc',
        'bt709',
      ],
      input,
    ]);
    const { code, stderr } = await runProgram(
      'file',
      input,
      '-o',
      output,
      '--preset',
      'ultrafast',
      '--segment-frames',
      '4',
      '--recolor',
    );
    t.is(code, 0, stderr);
    t.regex(
      stderr,
      /is already in colour: the network's colour replaces it/,
      'a source in colour is said to be one',
    );
    t.deepEqual(await packetTimes(output, 'v:0'), await packetTimes(input, 'v:0'));
    t.deepEqual(await packetSums(output, 'a:0'), await packetSums(input, 'a:0'));
    const [duration] = await probeCsv(output, '-show_entries', 'format=duration');
    const [expected] = await probeCsv(input, '-show_entries', 'format=duration');
    t.true(Math.abs(Number(duration) - Number(expected)) < 0.1, `${duration} ${expected}`);
    const tags = await probeCsv(output, '-show_entries', 'format_tags=title,comment,synthetic_color');
    t.regex(tags.join(), /A reel/);
    t.regex(
      tags.join(),
      /Colour is synthetic: made by chromafeed .* with the model efficientnet-lite version \d/,
    );
    t.deepEqual(
      await probeCsv(
        output,
        '-select_streams',
        'v',
        '-show_entries',
        'stream=color_space,color_primaries,color_transfer',
      ),
      ['bt709,bt709,bt709'],
    );
  },
);

test.serial('Matroska keeps all other streams, and mp4 converts sound without loss', async (t) => {
  const folder = await tempFolder(t);
  const [input, output] = [join(folder, 'in.mkv'), join(folder, 'out.mkv')];
  const chapters = join(folder, 'chapters.txt');
  await writeFile(join(folder, 'a.srt'), '1\n00:00:00,200 --> 00:00:01,000\nA word.\n');
  await writeFile(chapters, ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=One\n');
  await writeFile(join(folder, 'notes.txt'), 'kept');
  await runFfmpeg([
    ...[
      ...pattern,
      ...tone,
      '-i',
      join(folder, 'a.srt'),
      '-i',
      chapters,
      '-map',
      '0',
      '-map',
      '1',
      '-map',
      '2',
    ],
    ...['-map_chapters', '3', '-attach', join(folder, 'notes.txt'), '-metadata:s:t', 'mimetype=text/plain'],
    ...['-vf', 'setsar=16/15', '-c:v', 'ffv1', '-c:a', 'wavpack', '-c:s', 'srt', input],
  ]);
  const { code, stderr } = await runProgram('file', input, '-o', output, '--preset', 'ultrafast', ...small);
  t.is(code, 0, stderr);
  t.deepEqual(await packetSums(output, 'a:0'), await packetSums(input, 'a:0'));
  const kinds = await probeCsv(output, '-show_entries', 'stream=codec_type');
  t.deepEqual(kinds, ['video', 'audio', 'subtitle', 'attachment']);
  t.deepEqual(await probeCsv(output, '-show_entries', 'chapter_tags=title'), ['One']);
  t.deepEqual(await probeCsv(output, '-select_streams', 'v', '-show_entries', 'stream=sample_aspect_ratio'), [
    '16:15',
  ]);

  const mp4 = join(folder, 'out.mp4');
  const converted = await runProgram('file', input, '-o', mp4, '--preset', 'ultrafast', ...small);
  t.is(converted.code, 0, converted.stderr);
  t.regex(
    converted.stderr,
    /audio \(wavpack\) is converted to alac, without loss, because mp4 can't carry it/,
  );
  t.regex(converted.stderr, /converted to mov_text/);
  const codecs = await probeCsv(mp4, '-show_entries', 'stream=codec_name');
  t.deepEqual(codecs.slice(0, 3), ['h264', 'alac', 'mov_text']); // a fourth one is the track in which mp4 keeps chapters
  t.is(await samplesSum(mp4), await samplesSum(input));

  const webm = join(folder, 'out.webm');
  const refused = await runProgram('file', input, '-o', webm);
  t.is(refused.code, 2);
  t.regex(refused.stderr, /webm can't carry audio.*wavpack/);
  t.regex(refused.stderr, /name the output \.mp4|name the output \.mkv/);
  t.false(existsSync(webm) || existsSync(`${webm}.partial`));
});

test.serial('--compare shows before and after side by side, both with the luma of the source', async (t) => {
  const folder = await tempFolder(t);
  const [input, output] = [join(folder, 'in.mkv'), join(folder, 'out.mkv')];
  await runFfmpeg([...pattern, '-c:v', 'ffv1', '-pix_fmt', 'yuv420p', input]);
  const { code, stderr } = await runProgram(
    'file',
    input,
    '-o',
    output,
    '--codec',
    'ffv1',
    '--compare',
    'side',
    ...small,
  );
  t.is(code, 0, stderr);
  const sum = await lumaSum(input);
  t.is(await lumaSum(output, 'crop=160:120:0:0'), sum);
  t.is(await lumaSum(output, 'crop=160:120:160:0'), sum);
  t.is(await chromaSpread(output, 'crop=160:120:0:0,'), 0);
  t.true((await chromaSpread(output, 'crop=160:120:160:0,')) > 2);
});

test.serial(
  'the software encoder replaces a hardware encoder that has no device, with a warning',
  async (t) => {
    const folder = await tempFolder(t);
    const [input, output] = [join(folder, 'in.mkv'), join(folder, 'out.mkv')];
    await runFfmpeg([...pattern, '-frames:v', '8', '-c:v', 'ffv1', '-pix_fmt', 'yuv420p', input]);
    const { code, stderr } = await runProgram(
      'file',
      input,
      '-o',
      output,
      '--codec',
      'h264_videotoolbox',
      ...small,
    );
    t.is(code, 0, stderr);
    if (process.platform === 'darwin') return;
    t.regex(stderr, /h264_videotoolbox does not work here \(.+\): libx264 instead/);
    t.deepEqual(await probeCsv(output, '-select_streams', 'v', '-show_entries', 'stream=codec_name'), [
      'h264',
    ]);
  },
);

test.serial('--report and --json say what was done, --dry-run what would be done', async (t) => {
  const folder = await tempFolder(t);
  const [input, output, report] = [join(folder, 'in.mkv'), join(folder, 'out.mkv'), join(folder, 'r.json')];
  await runFfmpeg([...pattern, '-c:v', 'ffv1', '-pix_fmt', 'yuv420p', input]);
  const dry = await runProgram('file', input, '-o', output, '--dry-run', ...small);
  t.is(dry.code, 0, dry.stderr);
  t.false(existsSync(output) || existsSync(`${output}.partial`));
  const { code, stdout } = await runProgram(
    'file',
    input,
    '-o',
    output,
    '--json',
    '--report',
    report,
    '--codec',
    'ffv1',
    ...small,
  );
  t.is(code, 0);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event: string }).event);
  t.is(events.at(-1), 'done');
  const done = JSON.parse(await readFile(report, 'utf8')) as Record<string, unknown>;
  t.is(done['frames'], 24);
  t.is((done['scenes'] as unknown[]).length, 1);
  t.is((done['framesInFlight'] as { most: number; bound: number }).most <= 40, true);
  t.is(done['damage'], undefined);
});

/** The standard deviation of Cb, averaged over all frames. */
async function chromaSpread(film: string, filter = ''): Promise<number> {
  const { stdout } = await runFfmpeg([
    ...['-i', film, '-map', '0:v:0', '-vf', `${filter}extractplanes=u,format=gray`, '-f', 'rawvideo', '-'],
  ]);
  const mean = stdout.reduce((sum, v) => sum + v, 0) / stdout.length;
  return Math.sqrt(stdout.reduce((sum, v) => sum + (v - mean) ** 2, 0) / stdout.length);
}

/** The MD5 of the samples of a film's sound. */
async function samplesSum(film: string): Promise<string> {
  const { stdout } = await runFfmpeg(['-i', film, '-map', '0:a:0', '-c:a', 'pcm_s32le', '-f', 'md5', '-']);
  return stdout.toString().trim();
}
