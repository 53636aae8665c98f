import test, { type ExecutionContext } from 'ava';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesPerSample, lumaBytes } from '../../../src/frame.ts';
import {
  decodeArgs,
  decodeLuma,
  type DecodeOptions,
  type DecodeReport,
  type DecodeBuffer,
} from '../../../src/ingest/film/decode.ts';
import { probe } from '../../../src/ingest/film/probe.ts';
import type { SourceInfo } from '../../../src/ingest/film/source-info.ts';
import { openSource, type SourceInput } from '../../../src/ingest/film/source-input.ts';
import { copyTurned } from '../../helpers/copy-turned.ts';
import { ffmpegPaths, probeCsv, runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

interface Decoded {
  readonly pts: number[];
  readonly hashes: string[];
  readonly report: DecodeReport;
  readonly notices: string[];
}

/** A new buffer for each frame. */
function newPlane(sizeBytes: number): Promise<DecodeBuffer> {
  return Promise.resolve({ luma: new Uint8Array(sizeBytes) });
}

const probed = new Map<string, Promise<SourceInfo>>();

/** Probes a film once, as long as its file stays the same. */
async function probeOnce(path: string, input: SourceInput): Promise<SourceInfo> {
  const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: performance.now() }));
  const key = [path, size, mtimeMs].join();
  const probing = probed.get(key) ?? probe(input);
  probed.set(key, probing);
  return probing;
}

async function decodeAll(path: string, options: DecodeOptions = {}): Promise<Decoded> {
  await using input = await openSource(path);
  const source = await probeOnce(path, input);
  const notices: string[] = [];
  const size = lumaBytes(source.video);
  await using decoder = decodeLuma({ input, source }, options, {
    acquire: () => newPlane(size),
    release: () => undefined,
    signal: new AbortController().signal,
    onNotice: (text) => notices.push(text),
  });
  const pts = [];
  const hashes = [];
  for await (const frame of decoder.frames) {
    pts.push(frame.pts);
    hashes.push(hashOf(frame.buffer.luma));
  }
  return { pts, hashes, report: decoder.report, notices };
}

/** The damage that is known when the frame with this pts is delivered. */
async function damageBefore(path: string, pts: number): Promise<DecodeReport['damage']> {
  await using input = await openSource(path);
  const source = await probeOnce(path, input);
  const size = lumaBytes(source.video);
  await using decoder = decodeLuma(
    { input, source },
    {},
    {
      acquire: () => newPlane(size),
      release: () => undefined,
      signal: new AbortController().signal,
      onNotice: () => undefined,
    },
  );
  for await (const frame of decoder.frames) if (frame.pts >= pts) break;
  return decoder.damageBefore(pts);
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** Second method for the Y planes: takes them from whole frames of raw video, of which these are the bytes. */
function lumaByRawVideo(
  bytesOfFilm: Buffer,
  pixelFormat: string,
  size: readonly [number, number],
  bitDepth: number,
): string[] {
  const [width, height] = size;
  const chromaWidth = Math.ceil(width / 2);
  const chroma = {
    '420': chromaWidth * Math.ceil(height / 2),
    '422': chromaWidth * height,
    '444': width * height,
  };
  const layout = /4(?:20|22|44)/.exec(pixelFormat)?.[0] as keyof typeof chroma | undefined;
  const bytes = bytesPerSample(bitDepth);
  const frameBytes = (width * height + (layout === undefined ? 0 : 2 * chroma[layout])) * bytes;
  return Array.from({ length: bytesOfFilm.length / frameBytes }, (_, n) =>
    hashOf(bytesOfFilm.subarray(n * frameBytes, n * frameBytes + width * height * bytes)),
  );
}

async function shownPts(path: string): Promise<number[]> {
  const lines = await probeCsv(
    path,
    '-select_streams',
    'v:0',
    '-show_entries',
    'frame=best_effort_timestamp',
  );
  return lines.map((line) => Number(line.split(',')[0]));
}

/** Frames at irregular times: 30 fps with every third frame missing. */
const uneven = ['-vf', "select='not(eq(mod(n,3),1))'", '-fps_mode', 'passthrough'];

interface Sample {
  readonly name: string;
  readonly make: readonly string[];
  /** A second step copies the film and adds this mark. */
  readonly turned?: boolean;
  readonly size?: [number, number];
  readonly pixelFormat?: string;
  readonly bitDepth?: number;
}

const samples: Record<string, Sample> = {
  'H.264 in mp4': { name: 'x.mp4', make: ['-c:v', 'libx264'] },
  'a varying frame rate': { name: 'x.mp4', make: [...uneven, '-c:v', 'libx264'] },
  Matroska: { name: 'x.mkv', make: [...uneven, '-c:v', 'libx264'] },
  'AVI, which has no timestamps': { name: 'x.avi', make: ['-c:v', 'mpeg4', '-bf', '2'] },
  'ProRes in mov': {
    name: 'x.mov',
    make: ['-c:v', 'prores_ks', '-pix_fmt', 'yuv422p10le'],
    pixelFormat: 'yuv422p10le',
    bitDepth: 10,
  },
  'FFV1, 10 bit 4:4:4': {
    name: 'x.mkv',
    make: ['-c:v', 'ffv1', '-pix_fmt', 'yuv444p10le'],
    pixelFormat: 'yuv444p10le',
    bitDepth: 10,
  },
  'gray FFV1, 16 bit': {
    name: 'x.mkv',
    make: ['-c:v', 'ffv1', '-pix_fmt', 'gray16le'],
    pixelFormat: 'gray16le',
    bitDepth: 16,
  },
  'a raw H.264 stream': { name: 'x.h264', make: ['-c:v', 'libx264'] },
  '10-bit H.265': {
    name: 'x.mp4',
    make: ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-pix_fmt', 'yuv420p10le'],
    pixelFormat: 'yuv420p10le',
    bitDepth: 10,
  },
  'full range (Motion JPEG)': {
    name: 'x.mov',
    make: ['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p'],
    pixelFormat: 'yuvj420p',
  },
  'full range (H.264)': {
    name: 'x.mp4',
    make: ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-color_range', 'pc'],
    pixelFormat: 'yuvj420p',
  },
  'an odd size': {
    name: 'x.mkv',
    make: ['-s', '67x35', '-pix_fmt', 'yuv420p', '-c:v', 'ffv1'],
    size: [67, 35],
  },
  'MPEG-TS, which starts at 1.4 s': { name: 'x.ts', make: ['-c:v', 'libx264'] },
  'interlaced MPEG-2': {
    name: 'x.mpg',
    make: ['-vf', 'interlace', '-c:v', 'mpeg2video', '-flags', '+ilme+ildct', '-q:v', '3'],
    size: [66, 34],
  },
  'a turned picture': { name: 'x.mov', make: ['-c:v', 'libx264'], turned: true },
};

/** With noise, every frame differs from the others. */
const source = ['-f', 'lavfi', '-i', 'testsrc2=s=66x34:r=25:d=2,noise=alls=30:allf=t'];

let home = '';

/** One ffmpeg makes all samples, and another one reads all of them as raw video, because a start takes longer than that. */
test.before(async () => {
  home = await mkdtemp(join(tmpdir(), 'chromafeed-test-'));
  const all = Object.entries(samples).map(([title, sample]) => ({ ...sample, ...filesOf(title) }));
  for (const { folder } of all) await mkdir(folder);
  await runFfmpeg([...source, ...all.flatMap(({ make, made }) => ['-map', '0:v', ...make, made])]);
  for (const { turned, made, path } of all) if (turned === true) await copyTurned(made, path, 90);
  await runFfmpeg([
    ...all.flatMap(({ path }) => ['-noautorotate', '-i', path]),
    ...all.flatMap(({ pixelFormat = 'yuv420p', raw }, i) => [
      ...['-map', `${i}:v:0`, '-fps_mode', 'passthrough', '-pix_fmt', pixelFormat, '-f', 'rawvideo', raw],
    ]),
  ]);
});

test.after.always(() => rm(home, { recursive: true, force: true }));

/** The files of a sample: the film, what it is made from, and its frames as raw video. */
function filesOf(title: string): { folder: string; made: string; path: string; raw: string } {
  const { name = '', turned = false } = samples[title] ?? {};
  const folder = join(home, String(Object.keys(samples).indexOf(title)));
  const path = join(folder, name);
  return { folder, path, made: turned ? path.replace('x.', 'made.') : path, raw: join(folder, 'raw') };
}

for (const [title, sample] of Object.entries(samples)) {
  test(`${title}: every luma sample and timestamp is the file's`, async (t) => {
    const { path, raw } = filesOf(title);
    const size = sample.size ?? [66, 34];
    const decoded = await decodeAll(path);
    t.true(decoded.pts.length > 20);
    const rawTicks = decoded.pts.map((_, n) => n * 48_000); // 1/1200000 s, the parser's clock; ffprobe shows no times
    const shown = sample.name.endsWith('.h264') ? rawTicks : await shownPts(path);
    // ffprobe gives no time for the last frame of an AVI.
    t.deepEqual(
      decoded.pts.filter((_, n) => !Number.isNaN(shown[n])),
      shown.filter((pts) => !Number.isNaN(pts)),
    );
    t.deepEqual(
      decoded.hashes,
      lumaByRawVideo(await readFile(raw), sample.pixelFormat ?? 'yuv420p', size, sample.bitDepth ?? 8),
    );
    t.is(new Set(decoded.hashes).size, decoded.hashes.length);
    t.is(decoded.report.damage, undefined);
    t.deepEqual(decoded.notices, []);
  });
}

test('timestamps before 0 are kept', async (t) => {
  const path = join(await tempFolder(t), 'x.mkv');
  await runFfmpeg([...source, '-c:v', 'ffv1', path]);
  await using input = await openSource(path);
  const info = await probe(input);
  const shifted = { ...input, options: ['-itsoffset', '-0.5'] };
  const film = { input: shifted, source: { ...info, video: { ...info.video, startPts: -500 } } };
  const abort = new AbortController();
  await using decoder = decodeLuma(
    film,
    {},
    {
      acquire: () => newPlane(lumaBytes(info.video)),
      release: () => undefined,
      signal: abort.signal,
      onNotice: (text) => t.fail(text),
    },
  );
  const pts = [];
  for await (const frame of decoder.frames) pts.push(frame.pts);
  t.deepEqual(
    pts,
    (await shownPts(path)).map((time) => time - 500),
  );
  t.is(pts[0], -500);
});

test('an edit list that starts inside the film is followed', async (t) => {
  const folder = await tempFolder(t);
  const [whole, path] = [join(folder, 'whole.mp4'), join(folder, 'x.mp4')];
  await runFfmpeg([...source, '-c:v', 'libx264', '-g', '10', whole]);
  await runFfmpeg(['-ss', '0.5', '-i', whole, '-c', 'copy', path]);
  const decoded = await decodeAll(path);
  t.deepEqual(decoded.pts, await shownPts(path));
  t.is(decoded.report.damage, undefined);
});

test('numbered pictures are read in order at the configured rate, and a gap is reported', async (t) => {
  const folder = join(await tempFolder(t), 'reel');
  await mkdir(folder);
  await runFfmpeg([
    ...source,
    '-frames:v',
    '6',
    '-pix_fmt',
    'gray',
    '-start_number',
    '98',
    join(folder, 'f_%d.png'),
  ]);
  const expected: string[] = [];
  for (let n = 98; n < 104; n++) {
    const { stdout } = await runFfmpeg(['-i', join(folder, `f_${n}.png`), '-f', 'rawvideo', 'pipe:1']);
    expected.push(hashOf(stdout));
  }
  for (const path of [folder, join(folder, 'f_%d.png')]) {
    await using input = await openSource(path, { frameRate: 23.976 });
    const info = await probe(input);
    t.deepEqual(info.video.averageFrameRate, { num: 24_000, den: 1001 });
    t.is(info.video.range, 'full');
    const decoded = await decodeAll(path);
    t.deepEqual(decoded.hashes, expected);
    t.deepEqual(decoded.pts, [0, 1, 2, 3, 4, 5]);
  }
});

for (const name of ['x.mp4', 'x.mkv', 'x.ts', 'x.avi']) {
  test(`a part of ${name} starts and ends at the right frames`, async (t) => {
    const path = join(await tempFolder(t), name);
    const film = ['-f', 'lavfi', '-i', 'testsrc2=s=66x34:r=25:d=15'];
    const preset = name === 'x.avi' ? ['-c:v', 'mpeg4'] : ['-c:v', 'libx264', '-preset', 'veryfast'];
    await runFfmpeg([...film, ...preset, '-g', '50', path]);
    const whole = await decodeAll(path);
    const part = await decodeAll(path, { startS: 11.6, durationS: 0.8 });
    t.deepEqual(part.pts, whole.pts.slice(290, 310));
    t.deepEqual(part.hashes, whole.hashes.slice(290, 310));
    t.is(part.report.damage, undefined);
  });
}

test('seeking starts at or before the frame and gives the same frames and times', async (t) => {
  const folder = await tempFolder(t);
  const names = ['x.mp4', 'x.mkv', 'x.ts'];
  await runFfmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=s=66x34:r=25:d=8'],
    ...names.flatMap((name) => ['-c:v', 'libx264', '-g', '25', join(folder, name)]),
  ]);
  for (const name of names) {
    const path = join(folder, name);
    const whole = await decodeAll(path);
    const sought = await decodeAll(path, { seekPts: whole.pts[120]! });
    const first = whole.pts.indexOf(sought.pts[0]!);
    t.true(first >= (name === 'x.ts' ? 0 : 1) && first <= 120, `${name}: ${first}`);
    t.deepEqual(sought.pts, whole.pts.slice(first));
    t.deepEqual(sought.hashes, whole.hashes.slice(first));
    t.is(sought.report.damage, undefined);
  }
});

test('deinterlacing turns each frame into one frame with the same time', async (t) => {
  const path = join(await tempFolder(t), 'x.mkv');
  await runFfmpeg([...source, '-vf', 'interlace', '-c:v', 'ffv1', path]);
  const [plain, smooth] = [await decodeAll(path), await decodeAll(path, { deinterlace: true })];
  t.deepEqual(smooth.pts, plain.pts);
  t.notDeepEqual(smooth.hashes, plain.hashes);
});

test('missing hardware is reported, and decoding continues in software', async (t) => {
  const path = join(await tempFolder(t), 'x.mp4');
  await runFfmpeg([...source, '-c:v', 'libx264', path]);
  const [plain, hardware] = [await decodeAll(path), await decodeAll(path, { hwaccel: 'nosuchthing' })];
  t.deepEqual(hardware.hashes, plain.hashes);
  t.regex(hardware.notices.join('\n'), /-hwaccel nosuchthing failed .*decoding in software/);
  t.is(hardware.report.damage, undefined);
});

for (const second of ['', ...ffmpegPaths.slice(1)]) {
  test.serial(
    `a size that changes inside the film is scaled to the first one and told with its time ${second}`,
    async (t) => {
      useFfmpeg(t, second);
      const folder = await tempFolder(t);
      const path = join(folder, 'x.h264');
      const encoder = ['-c:v', 'libx264', '-bf', '0', '-f', 'h264'];
      const parts = await Promise.all(
        ['66x34', '96x54'].map(async (size) => {
          const input = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=25:d=1`];
          return (await runFfmpeg([...input, ...encoder, 'pipe:1'])).stdout;
        }),
      );
      await writeFile(path, Buffer.concat(parts));
      const decoded = await decodeAll(path);
      t.is(decoded.pts.length, 50);
      t.is(decoded.notices.length, 1, decoded.notices.join('\n'));
      t.regex(decoded.notices[0]!, /at 1\.00 s the picture changes from 66x34 to 96x54/);
      t.is(decoded.report.damage, undefined);
    },
  );

  test.serial(
    `from a film that breaks off, the good part and the time of the break are returned ${second}`,
    async (t) => {
      useFfmpeg(t, second);
      const folder = await tempFolder(t);
      for (const [name, options] of [
        ['x.mkv', ['-c:v', 'libx264', '-g', '10']],
        ['x.mp4', ['-c:v', 'libx264', '-g', '10', '-movflags', '+faststart']],
        ['x.mov', ['-c:v', 'prores_ks', '-movflags', '+faststart']],
      ] as const) {
        const path = join(folder, name);
        await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25:d=6', ...options, path]);
        const whole = await decodeAll(path);
        const bytes = await readFile(path);
        const cut = join(folder, `cut-${name}`);
        await writeFile(cut, bytes.subarray(0, Math.floor((await stat(path)).size / 2)));
        const decoded = await decodeAll(cut);
        t.true(decoded.pts.length > 50 && decoded.pts.length < 100, `${name}: ${decoded.pts.length}`);
        const good = decoded.pts.length - 3;
        t.deepEqual(decoded.hashes.slice(0, good), whole.hashes.slice(0, good), name);
        t.is(decoded.report.damage?.kind, 'ends early', name);
        const atS = decoded.report.damage?.atS ?? 0;
        t.true(Math.abs(atS - decoded.pts.length / 25) < 0.3, `${name}: ${atS}`);
      }
    },
  );

  test.serial(
    `corrupted packets are counted with the time of the first, and the film goes on ${second}`,
    async (t) => {
      useFfmpeg(t, second);
      const path = join(await tempFolder(t), 'x.mkv');
      await runFfmpeg([
        '-f',
        'lavfi',
        '-i',
        'testsrc2=s=320x180:r=25:d=6',
        '-c:v',
        'libx264',
        '-g',
        '10',
        path,
      ]);
      const bytes = await readFile(path);
      const from = Math.floor(bytes.length / 2);
      for (let i = from; i < from + 3000; i += 7) bytes[i] = (bytes[i]! * 31 + 17) % 256;
      await writeFile(path, bytes);
      const decoded = await decodeAll(path);
      t.true(decoded.pts.length > 130, String(decoded.pts.length));
      t.is(decoded.report.damage?.kind, 'corrupted');
      t.true(decoded.report.damage!.count > 0);
      const { atS } = decoded.report.damage!;
      t.true(atS > 2 && atS < 4, String(atS));

      const seekPts = decoded.pts.find((pts) => pts >= 4500)!;
      const before = await damageBefore(path, seekPts);
      // With threads, ffmpeg reports a fault some frames earlier or later, or mixes up the report (`Faults`).
      const [onTheWay, atEnd] = [before?.count ?? 0, decoded.report.damage!.count];
      t.true(onTheWay > 0 && Math.abs(onTheWay - atEnd) <= 3, `${onTheWay} on the way, ${atEnd} at the end`);
      t.true(Math.abs(before!.atS - atS) <= 1, `${before!.atS} and ${atS}`);
      t.is(await damageBefore(path, decoded.pts[20]!), undefined, 'none before the fault');
      t.is((await decodeAll(path, { seekPts })).report.damage, undefined);
      const known = { beforePts: seekPts, damage: before };
      const resumed = await decodeAll(path, { seekPts, known });
      t.deepEqual(resumed.report.damage, before, 'known from an earlier run');
      const anew = await decodeAll(path, { known });
      t.deepEqual(anew.report.damage, before, 'and not counted twice');
    },
  );
}

test('sound that is longer than the picture does not count as damage', async (t) => {
  const path = join(await tempFolder(t), 'x.mkv');
  await runFfmpeg([...source, '-f', 'lavfi', '-i', 'sine=d=8', '-c:v', 'libx264', '-c:a', 'aac', path]);
  t.is((await decodeAll(path)).report.damage, undefined);
});

test('leaving the loop early ends the decoder', async (t) => {
  const path = join(await tempFolder(t), 'x.mp4');
  await runFfmpeg([...source, '-c:v', 'libx264', path]);
  await using input = await openSource(path);
  const info = await probe(input);
  const target = { acquire: () => newPlane(lumaBytes(info.video)), release: () => undefined };
  const rest = { signal: new AbortController().signal, onNotice: () => undefined };
  const decoder = decodeLuma({ input, source: info }, {}, { ...target, ...rest });
  let count = 0;
  for await (const frame of decoder.frames) {
    count += frame.buffer.luma.length === 66 * 34 ? 1 : 0;
    if (count === 3) break;
  }
  await decoder[Symbol.asyncDispose]();
  t.is(count, 3);
});

test('the arguments copy the plane unchanged and never add or drop frames', async (t) => {
  const path = join(await tempFolder(t), 'x.mp4');
  await runFfmpeg([...source, '-c:v', 'libx264', path]);
  await using input = await openSource(path);
  const info = await probe(input);
  const args = decodeArgs({ input, source: info }, { hwaccel: 'vaapi', deinterlace: true });
  const text = args.join(' ');
  t.regex(text, /-copyts .*-hwaccel vaapi .*-i file:/);
  t.regex(text, /bwdif=mode=send_frame,format=yuv420p,extractplanes=y/);
  t.regex(text, /-fps_mode passthrough -enc_time_base 1:12800 /);
  t.regex(text, /-noautorotate/);
});

/** Makes the program use another ffmpeg until the test ends. Only for serial tests. */
function useFfmpeg(t: ExecutionContext, path: string): void {
  if (path === '') return;
  const before = process.env['FFMPEG_PATH'];
  process.env['FFMPEG_PATH'] = path;
  t.teardown(() => {
    if (before === undefined) delete process.env['FFMPEG_PATH'];
    else process.env['FFMPEG_PATH'] = before;
  });
}

test('a long last frame does not count as an early end, and its duration is reported', async (t) => {
  const path = join(await tempFolder(t), 'slides.mp4');
  const slides = 'color=s=64x64:r=1:d=3,setpts=N*2/TB,settb=1/1000,trim=end_frame=3';
  const encoded = `${path}.nut`;
  await runFfmpeg(['-f', 'lavfi', '-i', slides, '-c:v', 'libx264', '-bf', '0', '-fps_mode', 'vfr', encoded]);
  await runFfmpeg(['-i', encoded, '-c', 'copy', '-bsf:v', "setts=duration='if(eq(N,2),7/TB,2/TB)'", path]);
  const { report, pts } = await decodeAll(path);
  t.is(pts.length, 3);
  t.is(report.damage, undefined);
  t.true(Math.abs((report.lastFrameS ?? 0) - 7) < 0.01, `${report.lastFrameS ?? 0}`);
});

test('a picture of a sequence that cannot be read is an error that names it, in the middle and at the end', async (t) => {
  for (const bad of [3, 5]) {
    const folder = await tempFolder(t);
    const pattern = join(folder, 'p_%d.png');
    await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc=s=64x64:r=5:d=1', pattern]);
    await writeFile(join(folder, `p_${bad}.png`), 'no picture');
    const error = await t.throwsAsync(decodeAll(pattern), { code: 'INPUT_DAMAGED' });
    t.regex(error.message, new RegExp(`expected 5 pictures but .*p_${bad}\\.png can't be read`));
  }
});
