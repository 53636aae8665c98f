/** Opens pictures: what is in the file, and the luma of each page. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import sharp, { type Metadata } from 'sharp';
import { AppError } from '../../../errors.ts';
import { convertedExtensions } from '../../../ingest/film/file-extensions.ts';
import { checkPictureSize } from '../../../ingest/picture-size.ts';
import { frameBytes, framePlanes, type FrameLayout, type FramePlanes } from '../../pixels/compose.ts';
import { fillLuma } from '../../pixels/rgb.ts';
import { decodePicture } from './decode-picture.ts';
import { withBmpResolution } from './metadata/bmp-resolution.ts';
import { pngChunks } from './metadata/png-chunks.ts';
import { readMetadata } from './metadata/read-metadata.ts';
import type { StillMetadata } from './metadata/still-metadata.ts';

/** A picture with its luma; the chroma follows. */
export interface StillFrame {
  /** Full range, 4:4:4, 8 or 16 bit. */
  readonly layout: FrameLayout;
  readonly planes: FramePlanes;
  /** Opacity of each pixel, of the planes' depth; undefined when every pixel is opaque. */
  readonly alpha: Uint8Array | Uint16Array | undefined;
  /** Whether more than a hundredth of its pixels had colour. */
  readonly hadColor: boolean;
}

/** A file with one picture or several. */
export interface OpenedStill {
  /** For messages. */
  readonly name: string;
  /** sharp's name of the format it was in: `jpeg`, `png`, ...; for others the extension without its dot. */
  readonly format: string;
  /** At least one. */
  readonly pages: number;
  /**
   * How long each picture of an animation is shown, milliseconds, and how often the animation is repeated (0:
   * endlessly).
   */
  readonly animation: { readonly delay: number[]; readonly loop: number } | undefined;
  /** Whether it is a lossless WebP. */
  readonly isLossless: boolean;
  readonly metadata: StillMetadata;
  /** What the user should know, a sentence each. */
  readonly notices: readonly string[];
  /** The bytes that were read: the whole file. */
  readonly file: Uint8Array;
  /** Reads one page's luma, upright. @throws {AppError} INPUT_UNSUPPORTED */
  readonly readPage: (page: number) => Promise<StillFrame>;
}

/**
 * Opens a picture.
 * @param image - a file's path, or its bytes
 * @param maxMegapixels - larger pictures are refused before they are decoded
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED
 */
export async function openStill(image: string | Uint8Array, maxMegapixels: number): Promise<OpenedStill> {
  const name = typeof image === 'string' ? image : 'picture';
  if (typeof image === 'string' && !existsSync(image))
    throw new AppError('INPUT_MISSING', `${image}: no such file`, { cure: 'check the name' });
  const file = typeof image === 'string' ? await readFile(image) : image;
  const extension = typeof image === 'string' ? extname(image).toLowerCase() : '';
  const isConverted = convertedExtensions.includes(extension) && !(await canRead(file));
  try {
    const bytes = isConverted && typeof image === 'string' ? await decodePicture(image) : file;
    const told = await sharp(bytes, { limitInputPixels: false }).metadata();
    const { width, height, pages = 1 } = told;
    checkPictureSize({ widthPx: width, heightPx: height }, name, maxMegapixels);
    checkPages(name, file, told, maxMegapixels);
    const found = readMetadata(bytes, told);
    const metadata = isConverted ? withBmpResolution(found, file) : found;
    const keepsProfile = profileSpace(metadata.icc) === 'RGB ' && told.space !== 'cmyk';
    return {
      name,
      format: isConverted ? extension.slice(1) : told.format,
      pages,
      isLossless:
        told.format === 'webp' && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('VP8L'),
      animation: told.delay && { delay: told.delay, loop: told.loop ?? 0 },
      metadata: keepsProfile ? metadata : { ...metadata, icc: undefined },
      notices: colorNotices(name, told, metadata.icc),
      file,
      readPage: (page) => readPage(bytes, told, page, name),
    };
  } catch (error) {
    throw error instanceof AppError ? error : unreadablePicture(name, error);
  }
}

async function canRead(bytes: Uint8Array): Promise<boolean> {
  const image = sharp(bytes, { limitInputPixels: false });
  return image.metadata().then(
    // The bundled library opens HEIC but has no decoder for it.
    ({ format, compression }) => format !== 'heif' || compression === 'av1',
    () => false,
  );
}

/**
 * Refuses an animated PNG, whose pictures no reader here returns, and too many pages, which are all in memory at once.
 */
function checkPages(
  name: string,
  file: Uint8Array,
  { format, width, height, pages = 1 }: Metadata,
  maxMegapixels: number,
): void {
  if (format === 'png' && pngChunks(file).some(({ type }) => type === 'acTL')) {
    throw new AppError('INPUT_UNSUPPORTED', `${name}: expected one picture but it is an animated PNG`, {
      cure: 'make a film of it first, and colour that: ffmpeg -i INPUT -c:v ffv1 FILM.mkv',
    });
  }
  const megapixels = (width * height * pages) / 1e6;
  if (megapixels > pagesFactor * maxMegapixels) {
    throw new AppError(
      'INPUT_UNSUPPORTED',
      `${name}: expected pages of at most ${pagesFactor * maxMegapixels} megapixels together but got ${pages} of ${megapixels.toFixed(0)} megapixels`,
      { cure: 'split the file, or allow more with --max-megapixels if the memory suffices' },
    );
  }
}

/** Pages may be as large as this many of the largest pictures together. */
const pagesFactor = 4;

async function readPage(bytes: Uint8Array, told: Metadata, page: number, name: string): Promise<StillFrame> {
  const isDeep = told.depth === 'ushort';
  try {
    const { data, info } = await sharp(bytes, {
      failOn: 'error',
      limitInputPixels: false,
      page,
      // Samples of R'G'B' and gray do not change; only CMYK must be converted.
      ignoreIcc: told.space !== 'cmyk',
    })
      .autoOrient()
      .toColourspace(isDeep ? 'rgb16' : 'srgb')
      .raw({ depth: isDeep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const layout: FrameLayout = {
      widthPx: info.width,
      heightPx: info.height,
      bitDepth: isDeep ? 16 : 8,
      range: 'full',
      chroma: '444',
      interlaced: false,
    };
    const planes = framePlanes(new ArrayBuffer(frameBytes(layout)), layout);
    const samples = isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
    const hadColor = fillLuma(samples, info.channels, planes);
    return { layout, planes, alpha: alphaOf(samples, info.channels), hadColor };
  } catch (error) {
    throw unreadablePicture(name, error);
  }
}

/** The last of two or four channels, if some pixel is not opaque. */
function alphaOf(samples: Uint8Array | Uint16Array, channels: number): Uint8Array | Uint16Array | undefined {
  if (channels % 2 === 1) return undefined;
  const opaque = samples instanceof Uint16Array ? 0xffff : 0xff;
  const count = samples.length / channels;
  const alpha = samples instanceof Uint16Array ? new Uint16Array(count) : new Uint8Array(count);
  for (let i = 0; i < count; i++) alpha[i] = samples[i * channels + channels - 1] ?? opaque;
  return alpha.every((value) => value === opaque) ? undefined : alpha;
}

/** What a colour profile describes: `RGB `, `GRAY`, `CMYK` ... */
function profileSpace(icc: Uint8Array | undefined): string | undefined {
  return icc && Buffer.from(icc.subarray(16, 20)).toString('latin1');
}

function colorNotices(name: string, { space }: Metadata, icc: Uint8Array | undefined): string[] {
  if (space === 'cmyk') return [`${name} is CMYK: it is converted to sRGB, and its profile is left out`];
  const described = profileSpace(icc);
  if (described === undefined || described === 'RGB ') return [];
  return [
    `${name}: a profile for ${described.trim() === 'GRAY' ? 'gray' : described.trim()} cannot describe a picture in colour: ` +
      'the result is sRGB, and the samples of its luma do not change',
  ];
}

/** INPUT_UNSUPPORTED with sharp's message. */
export function unreadablePicture(name: string, cause: unknown): AppError {
  const text = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'unknown fault';
  return new AppError('INPUT_UNSUPPORTED', `${name}: expected a picture that can be read but got: ${text}`, {
    cure: 'open it in an image editor and save it again as PNG or TIFF',
    cause,
  });
}
