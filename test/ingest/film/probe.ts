import test, { type ExecutionContext } from 'ava';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppError, ErrorCode } from '../../../src/errors.ts';
import { probe } from '../../../src/ingest/film/probe.ts';
import type { SourceInfo } from '../../../src/ingest/film/source-info.ts';
import { openSource } from '../../../src/ingest/film/source-input.ts';
import { copyTurned } from '../../helpers/copy-turned.ts';
import { ffprobePath, runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=1'];
const sound = ['-f', 'lavfi', '-i', 'sine=d=1'];

async function probePath(path: string): Promise<SourceInfo> {
  await using input = await openSource(path);
  return await probe(input);
}

async function make(t: ExecutionContext, name: string, ...args: readonly string[]): Promise<string> {
  const path = join(await tempFolder(t), name);
  await runFfmpeg([...args, path]);
  return path;
}

async function refusal(t: ExecutionContext, path: string, code: ErrorCode, message: RegExp): Promise<void> {
  const error = await t.throwsAsync<AppError>(probePath(path), { code, message });
  t.truthy(error.cure, 'every refusal has a cure');
}

test('a film with sound, subtitles, chapters, a cover and a font is described completely', async (t) => {
  const folder = await tempFolder(t);
  const file = (name: string): string => join(folder, name);
  await writeFile(file('subs.srt'), '1\n00:00:00,000 --> 00:00:01,000\nHello\n');
  await writeFile(
    file('chapters.txt'),
    ';FFMETADATA1\ntitle=Reel\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle=One\n',
  );
  await writeFile(file('font.ttf'), 'not really a font');
  await runFfmpeg([...picture, '-frames:v', '1', file('cover.png')]);
  const inputs = [...picture, ...sound, '-i', file('subs.srt'), '-i', file('chapters.txt')];
  const attached = ['-attach', file('font.ttf'), '-metadata:s:t:0', 'mimetype=font/ttf'];
  const covers = ['-attach', file('cover.png'), '-metadata:s:t:1', 'mimetype=image/png'];
  const maps = [
    '-map',
    '0:v',
    '-map',
    '1:a',
    '-map',
    '2:s',
    '-map_metadata',
    '3',
    '-metadata:s:a',
    'language=eng',
  ];
  await runFfmpeg([
    ...inputs,
    ...maps,
    '-c:v',
    'libx264',
    '-c:a',
    'aac',
    ...attached,
    ...covers,
    file('reel.mkv'),
  ]);
  const info = await probePath(file('reel.mkv'));
  t.is(info.container, 'matroska,webm');
  t.is(info.tags['title'], 'Reel');
  t.is(info.chapterCount, 1);
  t.deepEqual(
    info.others.map(({ kind, codec, title }) => [kind, codec, title]),
    [
      ['audio', 'aac', 'audio "eng" (aac)'],
      ['subtitle', 'ass', 'subtitle (ass)'],
      ['attachment', 'unknown', 'attachment "font.ttf" (unknown)'],
      ['picture', 'png', 'picture "cover.png" (png)'],
    ],
  );
  t.is(info.video.index, 0);
  t.like(info.video, {
    codec: 'h264',
    widthPx: 64,
    heightPx: 48,
    pixelFormat: 'yuv420p',
    bitDepth: 8,
    range: 'limited',
  });
});

test.serial(
  'one ffprobe describes a film and its first frames, and a second one those that start late',
  async (t) => {
    const folder = await tempFolder(t);
    const [log, counting] = [join(folder, 'log'), join(folder, 'ffprobe')];
    await writeFile(counting, `#!/bin/sh\necho "$*" >> ${log}\nexec ${ffprobePath} "$@"\n`);
    await chmod(counting, 0o755);
    const { FFPROBE_PATH: before } = process.env;
    process.env['FFPROBE_PATH'] = counting;
    t.teardown(() => {
      if (before === undefined) delete process.env['FFPROBE_PATH'];
      else process.env['FFPROBE_PATH'] = before;
    });
    for (const [delayS, runs] of [
      ['0', 1],
      ['2', 2],
    ] as const) {
      const path = join(folder, `${delayS}.mkv`);
      await runFfmpeg([...sound, '-itsoffset', delayS, ...picture, '-c:v', 'ffv1', path]);
      await writeFile(log, '');
      t.like((await probePath(path)).video, { codec: 'ffv1', isFieldOrderKnown: true });
      t.is((await readFile(log, 'utf8')).trim().split('\n').length, runs);
    }
  },
);

const tagCases: [string, readonly string[], object][] = [
  [
    'untagged and small is taken for BT.601',
    [],
    { matrix: 'bt601', isMatrixTagged: false, range: 'limited' },
  ],
  ['untagged and 720 high is taken for BT.709', ['-s', '96x720'], { matrix: 'bt709', isMatrixTagged: false }],
  [
    'its tag decides over the height',
    ['-colorspace', 'bt709', '-color_primaries', 'bt709'],
    { matrix: 'bt709', isMatrixTagged: true },
  ],
  ["PAL's matrix is BT.601", ['-colorspace', 'bt470bg'], { matrix: 'bt601', isMatrixTagged: true }],
  ['full range is seen', ['-color_range', 'pc'], { range: 'full' }],
  ['non-square pixels are seen', ['-aspect', '16:9'], { sampleAspect: { num: 4, den: 3 } }],
  [
    'interlacing is seen, top field first',
    ['-vf', 'interlace', '-flags', '+ilme+ildct', '-x264-params', 'tff=1'],
    { fieldOrder: 'top-first', isFieldOrderKnown: true },
  ],
  ['10 bits are seen', ['-pix_fmt', 'yuv422p10le'], { bitDepth: 10, pixelFormat: 'yuv422p10le' }],
  [
    'a gray picture keeps the range of its tag',
    ['-vf', 'scale=out_range=tv,format=gray,setparams=range=tv', '-color_range', 'tv'],
    { range: 'limited', bitDepth: 8 },
  ],
];

for (const [title, args, expected] of tagCases) {
  test(`of an H.264 film ${title}`, async (t) => {
    const { video } = await probePath(await make(t, 'x.mp4', ...picture, '-c:v', 'libx264', ...args));
    t.like(video, expected);
    t.true(['h264'].includes(video.codec));
    const isWoven = video.fieldOrder !== 'progressive';
    t.deepEqual(video.averageFrameRate, { num: 25, den: isWoven ? 2 : 1 });
    t.is(video.frameCount, isWoven ? 12 : 25);
  });
}

test('for a rotated picture, the probe says by how much a player rotates it clockwise', async (t) => {
  for (const degrees of [90, 180, 270] as const) {
    const plain = await make(t, 'x.mp4', ...picture, '-c:v', 'libx264');
    const path = plain.replace('x.', 'turned.');
    await copyTurned(plain, path, degrees);
    const { video } = await probePath(path);
    t.is(video.rotationDegrees, degrees);
    t.deepEqual([video.widthPx, video.heightPx], [64, 48], 'the size is the stored one');
  }
});

test('timecode is found', async (t) => {
  const path = await make(t, 'x.mov', ...picture, '-c:v', 'prores_ks', '-timecode', '01:02:03:04');
  const info = await probePath(path);
  t.is(info.timecode, '01:02:03:04');
  t.is(info.others[0]?.kind, 'data');
});

test('RGB is accepted with a notice about its luma', async (t) => {
  const info = await probePath(await make(t, 'x.mkv', ...picture, '-c:v', 'ffv1', '-pix_fmt', 'gbrp'));
  t.like(info.video, { matrix: 'bt709', range: 'limited', bitDepth: 8 });
  t.true(info.video.luma.isRgb);
  t.regex(info.notices.join('\n'), /RGB.*BT\.709/);
});

test('a film with a wrong extension is recognized by its contents', async (t) => {
  const path = await make(t, 'x.mkv', ...picture, '-c:v', 'libx264');
  const disguised = path.replace('x.mkv', 'x.txt');
  await writeFile(disguised, await readFile(path));
  t.is((await probePath(disguised)).container, 'matroska,webm');
});

test('names with a colon, a percent sign, a quote or a leading dash work like other names', async (t) => {
  const folder = await tempFolder(t);
  const plain = join(folder, 'plain.mp4');
  await runFfmpeg([...picture, '-c:v', 'libx264', plain]);
  for (const name of ['12:30.mp4', '-v.mp4', "it's 100%04d.mp4", 'pipe:0']) {
    await writeFile(join(folder, name), await readFile(plain));
    t.is((await probePath(join(folder, name))).video.codec, 'h264', name);
  }
});

test('a missing file is refused', (t) =>
  refusal(t, '/nowhere/reel.mkv', 'INPUT_MISSING', /reel\.mkv.*no such file/));

test('an empty file and a text are refused', async (t) => {
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'empty.mp4'), '');
  await refusal(t, join(folder, 'empty.mp4'), 'INPUT_UNSUPPORTED', /the file is empty/);
  await writeFile(join(folder, 'text.mp4'), 'This is no film. '.repeat(100));
  await refusal(
    t,
    join(folder, 'text.mp4'),
    'INPUT_UNSUPPORTED',
    /text\.mp4: expected a film but ffprobe says/,
  );
});

test('a file with only sound is refused, with and without a cover', async (t) => {
  const path = await make(t, 'x.m4a', ...sound);
  await refusal(t, path, 'INPUT_UNSUPPORTED', /only: audio/);
  const folder = await tempFolder(t);
  await runFfmpeg([...picture, '-frames:v', '1', join(folder, 'cover.png')]);
  const cover = [
    '-i',
    join(folder, 'cover.png'),
    '-map',
    '0',
    '-map',
    '1',
    '-c',
    'copy',
    '-disposition:v',
    'attached_pic',
  ];
  await runFfmpeg(['-i', path, ...cover, join(folder, 'y.m4a')]);
  await refusal(t, join(folder, 'y.m4a'), 'INPUT_UNSUPPORTED', /only: audio, video/);
});

test('an mp4 that was cut off before its index is refused with that reason', async (t) => {
  const path = await make(t, 'x.mp4', ...picture, '-c:v', 'libx264');
  const bytes = await readFile(path);
  await writeFile(path, bytes.subarray(0, bytes.length / 2));
  const error = await t.throwsAsync<AppError>(probePath(path), {
    code: 'INPUT_UNSUPPORTED',
    message: /moov atom not found/,
  });
  t.regex(error.cure ?? '', /cut short/);
});

test('a film without a frame is refused', async (t) => {
  const path = await make(t, 'x.mkv', ...picture, '-c:v', 'ffv1');
  const bytes = await readFile(path);
  const cluster = bytes.indexOf(Buffer.from([0x1f, 0x43, 0xb6, 0x75]));
  await writeFile(path, bytes.subarray(0, cluster));
  await refusal(t, path, 'INPUT_UNSUPPORTED', /x\.mkv: expected .* (End of file|no frame can be decoded)/);
  const none = await make(t, 'y.mkv', ...picture, '-c:v', 'ffv1', '-frames:v', '0');
  await refusal(t, none, 'INPUT_UNSUPPORTED', /y\.mkv: expected .* (End of file|no frame can be decoded)/);
});

test('an unknown codec is refused, and the message has its tag', async (t) => {
  const path = await make(t, 'x.mov', ...picture, '-c:v', 'mjpeg');
  const bytes = await readFile(path);
  const tag = bytes.indexOf('jpeg', bytes.indexOf('stsd'));
  bytes.write('Zq9x', tag);
  await writeFile(path, bytes);
  await refusal(t, path, 'INPUT_UNSUPPORTED', /can't decode its codec "unknown" \(tag Zq9x\)/);
});

test('HDR is refused with a command that maps it', async (t) => {
  for (const transfer of ['smpte2084', 'arib-std-b67']) {
    const args = [
      '-c:v',
      'libx264',
      '-pix_fmt',
      'yuv420p10le',
      '-vf',
      `setparams=color_trc=${transfer}`, // ffmpeg 7 uses the values of the frames
      '-color_trc',
      transfer,
      '-colorspace',
      'bt2020nc',
    ];
    const path = await make(t, 'x.mp4', ...picture, ...args);
    await refusal(t, path, 'INPUT_UNSUPPORTED', new RegExp(`HDR \\(${transfer}\\)`));
  }
});

test('XYZ and Bayer are refused by name', async (t) => {
  const cases: [string, RegExp][] = [
    ['xyz12le', /x\.nut: pixel format xyz12le: CIE XYZ/],
    ['bayer_rggb8', /x\.nut: pixel format bayer_rggb8: a Bayer mosaic/],
  ];
  for (const [pixelFormat, message] of cases) {
    const path = join(await tempFolder(t), 'x.nut');
    const input = ['-f', 'rawvideo', '-pix_fmt', pixelFormat, '-s', '64x48', '-i', 'pipe:0'];
    await runFfmpeg([...input, '-c', 'copy', path], { input: [Buffer.alloc(64 * 48 * 6, 100)] });
    await refusal(t, path, 'INPUT_UNSUPPORTED', message);
  }
});

test('a folder with two kinds of pictures and a folder without pictures are refused', async (t) => {
  const folder = join(await tempFolder(t), 'reel');
  await mkdir(folder);
  await refusal(t, folder, 'INPUT_UNSUPPORTED', /expected numbered pictures but the folder has none/);
  await writeFile(join(folder, '1.png'), 'x');
  await writeFile(join(folder, '2.tif'), 'x');
  await refusal(t, folder, 'INPUT_UNSUPPORTED', /expected pictures of one kind but got \.png, \.tif/);
});

test('a file that makes ffmpeg read other files is refused, whatever its name', async (t) => {
  const folder = await tempFolder(t);
  await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc=s=64x64:d=0.2', '-c:v', 'mpeg2video', join(folder, 'a.ts')]);
  const lists = {
    hls: '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n',
    concat: "ffconcat version 1.0\nfile 'a.ts'\n",
    sdp: 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
  };
  for (const [format, text] of Object.entries(lists)) {
    const path = join(folder, `${format}.mp4`);
    await writeFile(path, text);
    await using input = await openSource(path);
    const error = await t.throwsAsync(probe(input), { code: 'INPUT_UNSUPPORTED' }, format);
    t.regex(error.message, new RegExp(`its content is "${format}"`));
  }
});

test('a single picture with longer sound lasts as long as its own track says', async (t) => {
  const film = join(await tempFolder(t), 'one.mkv');
  await runFfmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=1:d=1', '-f', 'lavfi', '-i', 'sine=duration=7'],
    ...['-c:v', 'libx264', '-c:a', 'aac', film],
  ]);
  await using input = await openSource(film);
  const { video } = await probe(input);
  t.true(Math.abs((video.durationS ?? 0) - 1) < 0.05, `${video.durationS}`);
});
