/**
 * Question: how near to the truth, and how steady, is the program's colour on real clips?
 *
 * Each colour clip is made gray without loss, colourized by the program's own command, and compared
 * with its true colours. Gray itself stands beside every figure, since gray flatters many of them.
 *
 *   node dist/bench/clips.js [--frames N] [--width 640] [--every 4] [--sheet DIR] [--json FILE]
 *                            FILE_OR_FOLDER... [-- OPTIONS OF chromafeed file]
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AppError, exitCodes } from '../src/errors.ts';
import type { SizePx } from '../src/frame.ts';
import { runChild } from './support/child.ts';
import { measureClip, type ClipFiles, type ClipMeasures } from './support/clip-measures.ts';
import { describeEnvironment } from './support/environment.ts';
import { listFilms, lumaDigest, makeTruthAndGray } from './support/films.ts';
import { markdownTable } from './support/markdown.ts';
import { SheetPictures, writeSheet } from './support/picture-sheet.ts';
import { probeSize } from './support/rgb-frames.ts';

const program = fileURLToPath(new URL('../src/main.js', import.meta.url));

interface Settings {
  readonly frames: number | undefined;
  readonly widthPx: number;
  readonly every: number;
  readonly sheet: string | undefined;
  readonly programArgs: readonly string[];
}

interface ClipReport extends ClipMeasures {
  readonly clip: string;
  readonly size: SizePx;
  /** Whether the output's Y planes are the input's, every sample. */
  readonly isLumaEqual: boolean;
  readonly wallSeconds: number;
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
      frames: { type: 'string' },
      width: { type: 'string', default: '640' },
      every: { type: 'string', default: '4' },
      sheet: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const settings: Settings = {
    frames: values.frames === undefined ? undefined : countOf('--frames', values.frames),
    widthPx: countOf('--width', values.width),
    every: countOf('--every', values.every),
    sheet: values.sheet,
    programArgs: argv.slice(split + 1),
  };
  if (settings.sheet !== undefined) await mkdir(settings.sheet, { recursive: true });
  const clips: ClipReport[] = [];
  for (const film of await listFilms(positionals)) {
    const report = await benchClip(film, settings);
    console.error(
      `${report.clip}: ${report.frames} frames, PSNR ${report.output.psnrDb.toFixed(2)} dB ` +
        `(gray ${report.gray.psnrDb.toFixed(2)})`,
    );
    clips.push(report);
  }
  const json = JSON.stringify({ environment: await describeEnvironment(), settings, clips }, null, 2);
  console.log(tableOf(clips));
  if (values.json === undefined) console.log(json);
  else await writeFile(values.json, json + '\n');
}

async function benchClip(film: string, settings: Settings): Promise<ClipReport> {
  const work = await mkdtemp(join(tmpdir(), 'chromafeed-bench-'));
  try {
    const files: ClipFiles = {
      truth: join(work, 'truth.mkv'),
      gray: join(work, 'gray.mkv'),
      output: join(work, 'output.mkv'),
    };
    await makeTruthAndGray(film, files, settings);
    const command = [program, 'file', files.gray, '-o', files.output, '--codec', 'ffv1'];
    const { wallSeconds } = await runChild(process.execPath, [...command, ...settings.programArgs]);
    const pictures = new SheetPictures();
    const measures = await measureClip(files, {
      every: settings.every,
      visit: (index, frame) => pictures.offer(index, [frame.gray, frame.output, frame.truth]),
    });
    const size = await probeSize(files.truth);
    if (settings.sheet !== undefined) {
      await writeSheet(join(settings.sheet, `${parse(film).name}.png`), pictures.rows(), size);
    }
    const isLumaEqual = (await lumaDigest(files.gray)) === (await lumaDigest(files.output));
    return { clip: basename(film), size, isLumaEqual, wallSeconds, ...measures };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function countOf(option: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new AppError('USAGE', `${option}: expected a whole number above 0 but got "${text}"`);
}

function tableOf(clips: readonly ClipReport[]): string {
  const header = [
    'clip',
    'frames',
    'PSNR dB (gray)',
    'SSIM (gray)',
    'ΔE00 (gray)',
    'colourfulness (truth)',
    'CDC (truth, gray)',
    'flicker (truth)',
    'moving: error (gray)',
    'moving: chroma ratio',
    'moving share',
    'luma equal',
    'fps',
  ];
  const rows = clips.map((clip) => {
    const { output, gray, truth } = clip;
    return [
      clip.clip,
      String(clip.frames),
      `${output.psnrDb.toFixed(2)} (${gray.psnrDb.toFixed(2)})`,
      `${output.ssim.toFixed(4)} (${gray.ssim.toFixed(4)})`,
      `${output.ciede2000.toFixed(2)} (${gray.ciede2000.toFixed(2)})`,
      `${output.colourfulness.toFixed(1)} (${truth.colourfulness.toFixed(1)})`,
      `${output.cdc.toFixed(5)} (${truth.cdc.toFixed(5)}, ${gray.cdc.toFixed(5)})`,
      `${output.flicker.toFixed(3)} (${truth.flicker.toFixed(3)})`,
      `${output.moving.error.toFixed(2)} (${gray.moving.error.toFixed(2)})`,
      output.moving.chromaRatio.toFixed(2),
      output.moving.movingShare.toFixed(2),
      clip.isLumaEqual ? 'yes' : 'NO',
      (clip.frames / clip.wallSeconds).toFixed(1),
    ];
  });
  return markdownTable(header, rows);
}
