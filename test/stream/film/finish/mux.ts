import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { LumaFormat } from '../../../../src/frame.ts';
import { ffmpegCoders } from '../../../../src/ingest/ffmpeg/capabilities.ts';
import { colorArgs, type EncodeSettings } from '../../../../src/stream/film/encode/encode-args.ts';
import { encoders, planEncoder, type Container } from '../../../../src/stream/film/encode/encoders.ts';
import { SegmentWriter } from '../../../../src/stream/film/encode/segment-writer.ts';
import { muxFilm } from '../../../../src/stream/film/finish/mux.ts';
import { Journal } from '../../../../src/stream/film/resume/journal.ts';
import { frameBytes, type FrameLayout } from '../../../../src/stream/pixels/compose.ts';
import { packetTimes } from '../../../helpers/film.ts';
import { runFfmpeg } from '../../../helpers/run-ffmpeg.ts';

const frames = 25;

for (const [codec, facts] of Object.entries(encoders)) {
  if (facts.fallback !== undefined) continue; // needs a device
  for (const container of facts.containers) {
    test(`${codec} is muxed into ${container} with every frame at its time`, async (t) => {
      if (!(await ffmpegCoders('encoders')).has(codec)) {
        t.log(`skipped: this ffmpeg has no ${codec}`);
        t.pass();
        return;
      }
      const film = await makeFilm(codec, container);
      const times = await packetTimes(film, 'v:0');
      t.deepEqual(
        times.map((time) => Math.round(time * 25)),
        Array.from({ length: frames }, (_, i) => i),
      );
    });
  }
}

/** Segments of a moving picture, with the plan that they are encoded by. */
interface Encoded {
  readonly journal: Journal;
  readonly encode: EncodeSettings;
}

const encoded = new Map<string, Promise<Encoded>>();
const { signal } = new AbortController();
const timeBase = { num: 1, den: 12_800 };
const colors = { matrix: 'smpte170m' };
let home = '';

test.before(async () => {
  home = await mkdtemp(join(tmpdir(), 'chromafeed-test-'));
});

test.after.always(async () => {
  for (const segments of encoded.values()) await (await segments).journal[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

/** Joins two segments of a moving picture with the code that joins a film's segments. */
async function makeFilm(codec: string, container: Container): Promise<string> {
  const { journal, encode } = await segmentsOf(codec, container);
  const outputPath = join(home, `${codec}.${container}`);
  await muxFilm({
    journal,
    timeBase,
    headroom: 0,
    sourceArgs: [],
    carry: [],
    covers: [],
    cut: { zeroS: 0, dropsBefore: false, durationS: undefined },
    container,
    rotationDegrees: 0,
    colorArgs: colorArgs(encode.colors, 'limited'),
    codec,
    metadata: {},
    outputPath,
    ffmpegMajor: 5,
    signal,
  });
  return outputPath;
}

/** Containers that take the same stream share its segments. */
function segmentsOf(codec: string, container: Container): Promise<Encoded> {
  const bitDepth = codec === 'prores_ks' ? 10 : 8;
  const luma: LumaFormat = { widthPx: 96, heightPx: 64, bitDepth, range: 'limited' };
  const plan = planEncoder(luma, container, { codec });
  const encode: EncodeSettings = { plan, timeBase, headroom: 0, colors, fieldOrder: 'progressive' };
  const key = JSON.stringify(encode);
  const segments = encoded.get(key) ?? encodeSegments(luma, encode);
  encoded.set(key, segments);
  return segments;
}

async function encodeSegments(luma: LumaFormat, encode: EncodeSettings): Promise<Encoded> {
  const { plan } = encode;
  const layout: FrameLayout = { ...luma, chroma: plan.chroma, interlaced: false };
  const raw = await runFfmpeg([
    ...['-f', 'lavfi', '-i', `testsrc2=s=96x64:r=25:d=${frames / 25},noise=alls=12:allf=t`],
    ...['-pix_fmt', plan.pixFmt, '-f', 'rawvideo', '-'],
  ]);
  const journal = await Journal.open({ path: await mkdtemp(join(home, 'segments-')) }, 'one', {});
  await using writer = new SegmentWriter({
    journal,
    layout,
    encode,
    signal,
    sampleAspect: { num: 1, den: 1 },
  });
  const size = frameBytes(layout);
  for (let index = 0; index < frames; index++) {
    const bytes = new Uint8Array(raw.stdout.subarray(index * size, (index + 1) * size));
    const endsSegment = (index + 1) % 16 === 0;
    const frame = { index, pts: index * 512, fields: 'progressive', endsSegment, bytes } as const;
    await writer.write(frame, () => Promise.resolve(undefined));
  }
  await writer.finish();
  return { journal, encode };
}
