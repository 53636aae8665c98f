/**
 * Question: how much longer does the whole program take than ffmpeg, when ffmpeg transcodes the same film in colour with
 * the same encoder settings? And how much memory do its processes take?
 *
 * The two take turns (A/B/A/B), and the ratio is computed within each turn, so other work on the machine slows both.
 *
 *   node dist/bench/transcode.js [--frames 240] [--repeats 3] [--codec libx264] [--preset veryfast]
 *                                [--crf 20] [COLOUR_FILM] [-- OPTIONS OF chromafeed file]
 *
 * Without a film it makes one: the bundled sample at 1920 x 1080 with grain, tinted along its luma.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AppError, exitCodes } from '../src/errors.ts';
import { describeEnvironment } from './support/environment.ts';
import { colorize, transcode } from './support/film-runs.ts';
import { makeFullHd, makeGray } from './support/full-hd.ts';
import type { MemoryPeak } from './support/process-memory.ts';
import { probeSize } from './support/picture-size.ts';
import { quantile } from './support/statistics.ts';

const sample = fileURLToPath(new URL('../../samples/his_girl_friday.mp4', import.meta.url));

interface Turn {
  readonly ffmpegSeconds: number;
  readonly programSeconds: number;
  readonly ratio: number;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof AppError ? error.message : error);
  process.exitCode = error instanceof AppError ? error.exitCode : exitCodes.failure;
}

async function main(argv: readonly string[]): Promise<void> {
  const split = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const { values, positionals } = parseArgs({
    args: argv.slice(0, split),
    allowPositionals: true,
    options: {
      frames: { type: 'string', default: '240' },
      repeats: { type: 'string', default: '3' },
      codec: { type: 'string', default: 'libx264' },
      preset: { type: 'string', default: 'veryfast' },
      crf: { type: 'string', default: '20' },
    },
  });
  const work = await mkdtemp(join(tmpdir(), 'chromafeed-bench-'));
  try {
    const colour = positionals[0] ?? join(work, 'colour.mp4');
    if (positionals[0] === undefined) await makeFullHd(sample, colour, Number(values.frames));
    const gray = join(work, 'gray.mp4');
    await makeGray(colour, gray);
    const turns: Turn[] = [];
    const peaks: MemoryPeak[] = [];
    for (let i = 0; i < Number(values.repeats); i++) {
      const ffmpegSeconds = await transcode(colour, join(work, 'transcoded.mp4'), values);
      const run = await colorize(gray, join(work, 'colorized.mp4'), values, argv.slice(split + 1));
      turns.push({ ffmpegSeconds, programSeconds: run.seconds, ratio: run.seconds / ffmpegSeconds });
      peaks.push(run.peak);
      console.error(
        `turn ${i + 1}: ffmpeg ${ffmpegSeconds.toFixed(1)} s, program ${run.seconds.toFixed(1)} s`,
      );
    }
    const ratios = turns.map((turn) => turn.ratio);
    const report = {
      question: 'whole program over ffmpeg transcoding the same film in colour, same encoder settings',
      environment: await describeEnvironment(),
      film: { path: positionals[0] ?? 'made from the sample', ...(await probeSize(colour)) },
      encoder: { codec: values.codec, preset: values.preset, crf: values.crf },
      turns,
      ratio: { p50: quantile(ratios, 0.5), p95: quantile(ratios, 0.95) },
      peakPssMib: {
        program: Math.max(...peaks.map((peak) => peak.programMib)),
        ffmpeg: Math.max(...peaks.map((peak) => peak.ffmpegMib)),
        total: Math.max(...peaks.map((peak) => peak.totalMib)),
      },
    };
    console.log(JSON.stringify(report, null, 2));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
