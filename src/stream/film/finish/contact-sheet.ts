import { extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp, { type OverlayOptions } from 'sharp';
import { AppError } from '../../../errors.ts';
import { replaceFile } from '../../../files/replace-file.ts';
import { buildArgs } from '../../../ingest/ffmpeg/command.ts';
import { startFfmpeg } from '../../../ingest/ffmpeg/process.ts';
import type { LumaRange } from '../../../frame.ts';
import { escapeXml } from '../../escape-xml.ts';
import { spreadEvenly } from '../../spread-evenly.ts';

/** One row of the sheet: a frame of a scene. */
export interface SheetScene {
  /** Presentation time in the source, seconds, as in the file itself (not counted from its first frame). */
  readonly atS: number;
  /** The same time in the finished film, if its clock differs; default: `atS`. */
  readonly afterS?: number;
  /** The scene keeps the source's colour, which the left picture shows, too. */
  readonly isOwn?: boolean;
}

export interface ContactSheetJob {
  /** Path of the source, or a pattern of numbered pictures. */
  readonly before: string;
  /** ffmpeg's options before the source, such as the frame rate of numbered pictures. */
  readonly beforeOptions?: readonly string[];
  /** Filters that give the source's luma plane, as the decoder uses them; default: `extractplanes=y`. */
  readonly lumaFilters?: readonly string[];
  /** The range of this luma; default: limited. */
  readonly range?: LumaRange;
  /** The matrix of the source's chroma, by ffmpeg's name; undefined: as its frames say, or it is RGB. */
  readonly matrix?: string | undefined;
  /** Path of the finished film. */
  readonly after: string;
  readonly scenes: readonly SheetScene[];
  /**
   * The output file: .jpg, .jpeg, .png or .webp. An existing file is replaced; the caller has checked that this is allowed.
   */
  readonly path: string;
  readonly title?: string;
  /** The last line. It says that the colour is synthetic, and names the model (`syntheticSentence`). */
  readonly footer: string;
  /** The same for programs (`syntheticXmp`). */
  readonly xmp?: string | undefined;
  readonly signal: AbortSignal;
}

/** Beyond this number, scenes are thinned out evenly. */
const maxSheetScenes = 24;

const frameWidthPx = 320;
const gapPx = 12;
const labelHeightPx = 24;
const titleHeightPx = 36;
const background = '#1c1c1c';
/** A container that rounds times to 1 ms has its frame at most half of that before the source's. */
const earlierS = 0.001;

/**
 * Writes a picture of before and after: for each scene, a frame of the source in gray, or in colour where the scene keeps
 * its own, and the same frame of the film in colour, with its time. The last line says that the colour is synthetic.
 * ffmpeg seeks to each frame and scales it, so full-size frames never come into this process.
 * @throws {AppError} USAGE for another extension, FFMPEG_FAILED when a frame cannot be read, OUTPUT_UNWRITABLE
 */
export async function writeContactSheet(job: ContactSheetJob): Promise<void> {
  const format = sheetFormat(job.path);
  const pairs: Pair[] = [];
  for (const scene of spreadEvenly(job.scenes, maxSheetScenes)) pairs.push(await takePair(job, scene));
  const { size, overlays } = arrange(pairs, job);
  const sheet = sharp({ create: { width: size.widthPx, height: size.heightPx, channels: 3, background } });
  const marked = job.xmp === undefined ? sheet : sheet.withXmp(job.xmp);
  // A PNG with a quality would be one of 256 colours.
  const quality = format === 'png' ? {} : { quality: 90 };
  const bytes = await marked.composite(overlays).removeAlpha().toFormat(format, quality).toBuffer();
  await replaceFile(job.path, bytes);
}

/** Formats a time for the user: `0:01:23.480`. */
export function formatClock(seconds: number): string {
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

/** Where frames come from; the options are placed before the input. */
interface FrameSource {
  readonly path: string;
  readonly options: readonly string[];
  readonly filter: string;
}

interface Placed {
  readonly size: { widthPx: number; heightPx: number };
  readonly overlays: OverlayOptions[];
}

/**
 * Returns the format of a contact sheet from its name.
 * @throws {AppError} USAGE for another extension
 */
export function sheetFormat(path: string): 'jpeg' | 'png' | 'webp' {
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

/**
 * The ways to find a pair of frames. Seeking stops too late in streams without an index (MPEG-TS), and does not work in
 * raw ones, so a seek only counts if it finds the frame in time. A time after the end of a short last scene is moved
 * back. The last way reads from the start.
 */
const ways: readonly { readonly backS: number; readonly leadS: number; readonly withinS: number }[] = [
  { backS: 0, leadS: 0, withinS: 0.5 },
  { backS: 0, leadS: 10, withinS: 0.5 },
  { backS: 0.5, leadS: 10, withinS: 0.5 },
  { backS: 0, leadS: Infinity, withinS: Infinity },
];

async function takePair(job: ContactSheetJob, scene: SheetScene): Promise<Pair> {
  const { lumaFilters = ['extractplanes=y'], range = 'limited' } = job;
  const filter = scene.isOwn === true ? ownColorFilter(job, range) : grayFilter(lumaFilters, range);
  const source = { path: job.before, options: job.beforeOptions ?? [], filter };
  const film = { path: job.after, options: [], filter: colorFilter };
  const { backS, png: before } = await takeFrame(source, scene.atS, job.signal);
  const { png: after } = await takeFrame(film, (scene.afterS ?? scene.atS) - backS, job.signal);
  const heights = await Promise.all([before, after].map(async (png) => (await sharp(png).metadata()).height));
  return { atS: scene.atS - backS, before, after, heightPx: Math.max(...heights) };
}

/** Scales to square pixels, `frameWidthPx` wide; ffmpeg has already rotated the picture upright. */
function scaleFilter(options: string): string {
  const height = `'max(2,2*round(${frameWidthPx}/dar/2))'`;
  return `scale=w=${frameWidthPx}:h=${height}:flags=area+accurate_rnd+full_chroma_int${options},setsar=1`;
}

const colorFilter = `${scaleFilter('')},format=rgb24`;

/** The source's own colour, by the matrix by which the film keeps it. */
function ownColorFilter({ matrix }: Pick<ContactSheetJob, 'matrix'>, range: LumaRange): string {
  const tags = `setparams=range=${range === 'full' ? 'pc' : 'tv'}:colorspace=${matrix ?? ''}`;
  return matrix === undefined ? colorFilter : `${tags},${colorFilter}`;
}

/**
 * Extracts the luma plane and then stretches its range here. swscale stretches a gray plane that is tagged as
 * limited, but takes one without a tag for full range, and would show the source with another contrast than the film.
 */
function grayFilter(lumaFilters: readonly string[], range: LumaRange): string {
  const widen = range === 'limited' ? ["lut=c0='clip((val-16)*255/219,0,255)'"] : [];
  const asItIs = scaleFilter(':in_range=full:out_range=full');
  return [...lumaFilters, asItIs, 'format=gray', ...widen].join(',');
}

/**
 * Extracts the first frame at or after a time.
 * @returns a PNG file, and how much earlier than requested the search started
 */
async function takeFrame(
  source: FrameSource,
  atS: number,
  signal: AbortSignal,
): Promise<{ png: Buffer; backS: number }> {
  let failure: { code: number | undefined; stderrTail: string } | undefined;
  for (const { backS, leadS, withinS } of ways) {
    const args = frameArgs(source, atS - backS - earlierS, leadS, withinS);
    await using ffmpeg = startFfmpeg({ name: `frame of ${source.path}`, args, stdout: 'pipe', signal });
    const [png, { code }] = await Promise.all([buffer(ffmpeg.stdout), ffmpeg.exited]);
    signal.throwIfAborted();
    if (code === 0 && png.length > 0) return { png, backS };
    failure = { code, stderrTail: ffmpeg.stderrTail };
  }
  throw new AppError(
    'FFMPEG_FAILED',
    `${source.path}: expected a frame at ${formatClock(atS)} but got none`,
    {
      cure: 'leave --contact-sheet out to finish the film without it',
      details: { exitCode: failure?.code, stderrTail: failure?.stderrTail },
    },
  );
}

function frameArgs(source: FrameSource, fromS: number, leadS: number, withinS: number): string[] {
  const seek = ['-noaccurate_seek', '-seek_timestamp', '1', '-ss', (fromS - leadS).toFixed(6)];
  const end = withinS === Infinity ? '' : `:end=${(fromS + withinS).toFixed(6)}`;
  const filter = `trim=start=${fromS.toFixed(6)}${end},${source.filter}`;
  const picture = ['-frames:v', '1', '-fps_mode', 'passthrough', '-c:v', 'png', '-f', 'image2pipe'];
  return buildArgs({
    global: ['-copyts'], // so that `trim` sees the file's own times
    inputs: [{ url: source.path, options: [...source.options, ...(leadS === Infinity ? [] : seek)] }],
    outputs: [{ url: 'pipe:1', options: ['-map', '0:V:0', '-vf', filter, ...picture] }],
  });
}

/** Pairs in columns, each with its time below; the title above and the footer at the end. */
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
      textOverlay(formatClock(pair.atS), {
        left,
        top: top + pair.heightPx,
        widthPx: 2 * frameWidthPx,
        sizePx: 14,
      }),
    ];
  });
  const line = { left: gapPx, widthPx: widthPx - 2 * gapPx };
  if (job.title !== undefined) overlays.push(textOverlay(job.title, { ...line, top: gapPx, sizePx: 18 }));
  overlays.push(textOverlay(job.footer, { ...line, top: footerTopPx, sizePx: 14 }));
  return { size: { widthPx, heightPx: footerTopPx + labelHeightPx + gapPx }, overlays };
}

/** A line of text; the letters shrink if it would be too long. */
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
