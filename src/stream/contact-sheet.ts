import { rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp, { type OverlayOptions } from 'sharp';
import { AppError } from '../errors.ts';
import { buildArgs } from '../ffmpeg/command.ts';
import { startFfmpeg } from '../ffmpeg/process.ts';
import type { LumaRange } from '../frame.ts';
import { syntheticSentence, syntheticXmp, type SyntheticMark } from './synthetic-mark.ts';

/** One row of the sheet: a moment inside a scene. */
export interface SheetScene {
  /** Presentation time in the source, seconds, as the file itself has it (not counted from its first frame). */
  readonly atS: number;
  /** The same moment in the finished film, where its clock differs; default `atS`. */
  readonly afterS?: number;
}

export interface ContactSheetJob {
  /** Path of the source, or a pattern of numbered pictures. */
  readonly before: string;
  /** ffmpeg's options that must stand before the source: the frame rate of numbered pictures. */
  readonly beforeOptions?: readonly string[];
  /** The range that the source's luma is coded in; default limited. */
  readonly range?: LumaRange;
  /** Path of the finished film. */
  readonly after: string;
  readonly scenes: readonly SheetScene[];
  /** What is written: .jpg, .jpeg, .png or .webp. An existing file is replaced: whoever calls has asked. */
  readonly path: string;
  readonly title?: string;
  /** For the footer and the XMP packet. */
  readonly mark: SyntheticMark;
  readonly signal: AbortSignal;
}

/** More scenes than these are thinned out evenly. */
export const maxSheetScenes = 24;

const frameWidthPx = 320;
const gapPx = 12;
const labelHeightPx = 24;
const titleHeightPx = 36;
const background = '#1c1c1c';
/** A container that rounds times to 1 ms has its frame at most half of that before the source's. */
const earlierS = 0.001;

/**
 * Writes a picture of before and after: a frame of the source in gray and the same frame of the film in colour for
 * each scene, with its time, and below all of them that the colour is synthetic.
 *
 * ffmpeg seeks to each frame and scales it, so full-size frames never come here.
 * @throws {AppError} USAGE for another extension, FFMPEG_FAILED when a frame can't be had, OUTPUT_UNWRITABLE
 */
export async function writeContactSheet(job: ContactSheetJob): Promise<void> {
  const format = sheetFormat(job.path);
  const pairs: Pair[] = [];
  for (const scene of spreadEvenly(job.scenes, maxSheetScenes)) pairs.push(await takePair(job, scene));
  const { size, overlays } = arrange(pairs, job);
  const partial = `${job.path}.partial`;
  try {
    await sharp({ create: { width: size.widthPx, height: size.heightPx, channels: 3, background } })
      .composite(overlays)
      .withXmp(syntheticXmp(job.mark))
      .toFormat(format, { quality: 90 })
      .toFile(partial);
    await rename(partial, job.path);
  } catch (cause) {
    await rm(partial, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('OUTPUT_UNWRITABLE', `${job.path}: could not be written (${reason})`, {
      cure: 'check the folder, its permissions and the free space',
      cause,
    });
  }
}

/**
 * Chooses items evenly, first and last among them.
 * @param most - at least 2
 * @returns at most so many, in order
 */
export function spreadEvenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  const chosen = new Set(
    Array.from({ length: most }, (_, i) => Math.round((i * (items.length - 1)) / (most - 1))),
  );
  return items.filter((_, index) => chosen.has(index));
}

/** Formats a time for a person: `0:01:23.480`. */
export function formatTime(seconds: number): string {
  const ms = Math.round(Math.abs(seconds) * 1000);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const text = `${Math.floor(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}`;
  return `${seconds < 0 ? '-' : ''}${text}.${String(ms % 1000).padStart(3, '0')}`;
}

/** Two frames as PNG files, each `frameWidthPx` wide. */
interface Pair {
  readonly atS: number;
  readonly before: Buffer;
  readonly after: Buffer;
  readonly heightPx: number;
}

interface Placed {
  readonly size: { widthPx: number; heightPx: number };
  readonly overlays: OverlayOptions[];
}

function sheetFormat(path: string): 'jpeg' | 'png' | 'webp' {
  const extension = extname(path).toLowerCase();
  if (extension === '.jpg' || extension === '.jpeg') return 'jpeg';
  if (extension === '.png') return 'png';
  if (extension === '.webp') return 'webp';
  throw new AppError(
    'USAGE',
    `--contact-sheet ${path}: expected .jpg, .png or .webp but got "${extension}"`,
    {
      cure: 'name the sheet with one of these',
    },
  );
}

async function takePair(job: ContactSheetJob, scene: SheetScene): Promise<Pair> {
  const { atS, afterS = atS } = scene;
  const gray = grayFilter(job.range ?? 'limited');
  const before = await takeFrame(job.before, job.beforeOptions ?? [], atS, gray, job.signal);
  const after = await takeFrame(job.after, [], afterS, colorFilter, job.signal);
  const heights = await Promise.all([before, after].map(async (png) => (await sharp(png).metadata()).height));
  return { atS, before, after, heightPx: Math.max(...heights) };
}

/** Square pixels, `frameWidthPx` wide; ffmpeg has turned the picture upright before. */
const toSheetSize = `scale=w=${frameWidthPx}:h='max(2,2*round(${frameWidthPx}/dar/2))':flags=area+accurate_rnd+full_chroma_int,setsar=1`;

const colorFilter = `${toSheetSize},format=rgb24`;

/** What `extractplanes` takes the luma out of; other formats are converted to the nearest of these. */
const lumaFormats = [
  ...['410', '411', '420', '422', '440', '444'].map((chroma) => `yuv${chroma}p`),
  ...['420', '422', '440', '444'].map((chroma) => `yuvj${chroma}p`),
  ...['420', '422', '444'].flatMap((chroma) => [10, 12, 16].map((bits) => `yuv${chroma}p${bits}le`)),
  ...['gray', 'gray10le', 'gray12le', 'gray16le'],
].join('|');

/**
 * The luma plane as it is, then widened by us: swscale takes every gray format for full range, whatever it is
 * tagged as, and would show a limited-range source paler than the film made of it.
 */
function grayFilter(range: LumaRange): string {
  const widen = range === 'limited' ? ",lut=c0='clip((val-16)*255/219,0,255)'" : '';
  return `format=pix_fmts=${lumaFormats},extractplanes=y,${toSheetSize},format=gray${widen}`;
}

/** The first frame at or after a time, as a PNG file. */
async function takeFrame(
  path: string,
  options: readonly string[],
  atS: number,
  filter: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const seek = ['-seek_timestamp', '1', '-ss', (atS - earlierS).toFixed(6)];
  const args = buildArgs({
    global: [],
    inputs: [{ url: path, options: [...options, ...seek] }],
    outputs: [
      {
        url: 'pipe:1',
        options: ['-map', '0:V:0', '-vf', filter, '-frames:v', '1', '-c:v', 'png', '-f', 'image2pipe'],
      },
    ],
  });
  await using ffmpeg = startFfmpeg({ name: `frame of ${path}`, args, stdout: 'pipe', signal });
  const [png, { code }] = await Promise.all([buffer(ffmpeg.stdout), ffmpeg.exited]);
  signal.throwIfAborted();
  if (code === 0 && png.length > 0) return png;
  throw new AppError('FFMPEG_FAILED', `${path}: expected a frame at ${formatTime(atS)} but got none`, {
    cure: 'the film itself is finished; leave --contact-sheet out if this file cannot be sought in',
    details: { exitCode: code, stderrTail: ffmpeg.stderrTail },
  });
}

/** Pairs in columns, each with its time below; title above, footer at the end. */
function arrange(pairs: readonly Pair[], job: ContactSheetJob): Placed {
  const columns = pairs.length <= 3 ? 1 : pairs.length <= 8 ? 2 : 3;
  const cellWidthPx = 2 * frameWidthPx + gapPx;
  const cellHeightPx = Math.max(0, ...pairs.map((pair) => pair.heightPx)) + labelHeightPx;
  const topPx = job.title === undefined ? gapPx : titleHeightPx + gapPx;
  const widthPx = columns * cellWidthPx + gapPx;
  const footerTopPx = topPx + Math.ceil(pairs.length / columns) * (cellHeightPx + gapPx);
  const overlays = pairs.flatMap((pair, index) => {
    const left = gapPx + (index % columns) * cellWidthPx;
    const top = topPx + Math.floor(index / columns) * (cellHeightPx + gapPx);
    return [
      { input: pair.before, left, top },
      { input: pair.after, left: left + frameWidthPx, top },
      textOverlay(formatTime(pair.atS), {
        left,
        top: top + pair.heightPx,
        widthPx: 2 * frameWidthPx,
        sizePx: 14,
      }),
    ];
  });
  const line = { left: gapPx, widthPx: widthPx - 2 * gapPx };
  if (job.title !== undefined) overlays.push(textOverlay(job.title, { ...line, top: gapPx, sizePx: 18 }));
  overlays.push(textOverlay(syntheticSentence(job.mark), { ...line, top: footerTopPx, sizePx: 14 }));
  return { size: { widthPx, heightPx: footerTopPx + labelHeightPx + gapPx }, overlays };
}

/** A line of text; letters shrink where it would be too long. */
function textOverlay(
  text: string,
  box: { left: number; top: number; widthPx: number; sizePx: number },
): { input: Buffer; left: number; top: number } {
  const heightPx = box.sizePx > 14 ? titleHeightPx : labelHeightPx;
  // A letter of a sans-serif face is about 0.56 of its size wide.
  const sizePx = Math.min(box.sizePx, box.widthPx / (0.56 * Math.max(text.length, 1)));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${box.widthPx}" height="${heightPx}">
<text x="0" y="${Math.round(heightPx * 0.7)}" font-family="sans-serif" font-size="${sizePx.toFixed(1)}" fill="#dddddd">${escapeXml(text)}</text>
</svg>`;
  return { input: Buffer.from(svg), left: box.left, top: box.top };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
