import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { LumaFormat } from '../../../../src/frame.ts';
import { ffmpegCoders } from '../../../../src/ingest/ffmpeg/capabilities.ts';
import { colorArgs, type EncodeSettings } from '../../../../src/stream/film/encode/encode-args.ts';
import { encoders, planEncoder, type Container } from '../../../../src/stream/film/encode/encoders.ts';
import { SegmentWriter } from '../../../../src/stream/film/encode/segment-writer.ts';
import { muxFilm } from '../../../../src/stream/film/finish/mux.ts';
import { Journal } from '../../../../src/stream/film/resume/journal.ts';
import { frameBytes, type FrameLayout } from '../../../../src/stream/pixels/compose.ts';
import { packetTimes } from '../../../helpers/film.ts';
import { runFfmpeg, tempFolder } from '../../../helpers/run-ffmpeg.ts';

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
      const film = await makeFilm(t, codec, container);
      const times = await packetTimes(film, 'v:0');
      t.deepEqual(
        times.map((time) => Math.round(time * 25)),
        Array.from({ length: frames }, (_, i) => i),
      );
    });
  }
}

/** Two segments of a moving picture, joined with the code that joins a film's segments. */
async function makeFilm(t: ExecutionContext, codec: string, container: Container): Promise<string> {
  const { signal } = new AbortController();
  const folder = await tempFolder(t);
  const bitDepth = codec === 'prores_ks' ? 10 : 8;
  const luma: LumaFormat = { widthPx: 96, heightPx: 64, bitDepth, range: 'limited' };
  const plan = planEncoder(luma, container, { codec });
  const layout: FrameLayout = { ...luma, chroma: plan.chroma, interlaced: false };
  const timeBase = { num: 1, den: 12_800 };
  const colors = { matrix: 'smpte170m' };
  const encode: EncodeSettings = { plan, timeBase, headroom: 0, colors, fieldOrder: 'progressive' };
  const raw = await runFfmpeg([
    ...['-f', 'lavfi', '-i', `testsrc2=s=96x64:r=25:d=${frames / 25},noise=alls=12:allf=t`],
    ...['-pix_fmt', plan.pixFmt, '-f', 'rawvideo', '-'],
  ]);
  await using journal = await Journal.open({ path: folder }, 'one', {});
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
  const outputPath = join(folder, `film.${container}`);
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
    colorArgs: colorArgs(colors, 'limited'),
    codec,
    metadata: {},
    outputPath,
    ffmpegMajor: 5,
    signal,
  });
  return outputPath;
}
