import { rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import sharp from 'sharp';
import { AppError } from '../../../errors.ts';
import type { ChromaSource } from '../colorize-film.ts';
import { answerSize, networkSize } from '../../network-size.ts';
import { frameBytes, framePlanes, type FrameLayout, type FramePlanes } from '../../pixels/compose.ts';
import { composeStill } from '../../pixels/compose-still.ts';
import { wholePicture } from '../../pixels/rect.ts';
import { fillLuma, toRgb } from '../../pixels/rgb.ts';
import { shrinkLuma } from '../../pixels/shrink.ts';
import { paletteOf, type Embedder } from '../../palette.ts';
import { syntheticXmp, type SyntheticMark } from '../../synthetic-mark.ts';

/** Pictures that are read and written, by sharp. */
export const pictureExtensions: readonly string[] = ['.jpg', '.jpeg', '.png', '.tif', '.tiff', '.webp'];

/** Whether a path names one still picture: by its extension, and no pattern of numbered ones (`frame_%04d.png`). */
export function isPicturePath(path: string): boolean {
  return !/%\d*d/.test(path) && pictureExtensions.includes(extname(path).toLowerCase());
}

export interface PictureJob {
  readonly input: string;
  /** Replaced where it exists. */
  readonly output: string;
  /** Short side of the network's picture. */
  readonly shortSidePx: number;
  readonly temperature?: number | undefined;
  readonly saturation: number;
  readonly network: ChromaSource & Embedder;
  /** Times that the network's answer is smaller than its picture. */
  readonly stride: number;
  readonly mark: SyntheticMark;
}

/**
 * Colorizes one still picture. Its luma (BT.601, as JPEG has it) is kept: colour that would leave the gamut is made
 * paler instead. 16-bit pictures stay 16-bit where the output's format can.
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED, OUTPUT_UNWRITABLE, USAGE
 */
export async function colorizePicture(job: PictureJob): Promise<{ hadColor: boolean }> {
  const source = await readPicture(job.input);
  const { layout, planes } = source;
  const size = networkSize(layout, job.shortSidePx);
  const small = shrinkLuma(planes.y, layout, wholePicture(layout), size);
  const condition = await paletteOf([small], size, job.network);
  const [answer] = await job.network.colorize({
    pictures: [small],
    size,
    conditions: [condition],
    ...(job.temperature === undefined ? {} : { temperature: job.temperature }),
  });
  if (!answer) throw new RangeError('the network gave no answer');
  composeStill(planes, layout, {
    ...{ small, size, answer, saturation: job.saturation },
    answerSize: answerSize(size, job.stride),
  });
  await writePicture(job, layout, planes);
  return { hadColor: source.hadColor };
}

async function readPicture(
  path: string,
): Promise<{ layout: FrameLayout; planes: FramePlanes; hadColor: boolean }> {
  if (!existsSync(path))
    throw new AppError('INPUT_MISSING', `${path}: no such file`, { cure: 'check the name' });
  try {
    const opened = sharp(path, { failOn: 'error' });
    const { depth } = await opened.metadata();
    const isDeep = depth === 'ushort';
    const { data, info } = await opened
      .autoOrient()
      .removeAlpha()
      .toColourspace(isDeep ? 'rgb16' : 'srgb')
      .raw({ depth: isDeep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const layout: FrameLayout = {
      ...{ widthPx: info.width, heightPx: info.height, bitDepth: isDeep ? 16 : 8 },
      ...{ range: 'full', chroma: '444', interlaced: false },
    };
    const planes = framePlanes(new ArrayBuffer(frameBytes(layout)), layout);
    const samples = isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
    const hadColor = fillLuma(samples, info.channels, planes);
    return { layout, planes, hadColor };
  } catch (error) {
    throw unreadablePicture(path, error);
  }
}

/** INPUT_UNSUPPORTED with what sharp said. */
export function unreadablePicture(path: string, cause: unknown): AppError {
  const text = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'unknown fault';
  return new AppError('INPUT_UNSUPPORTED', `${path}: expected a picture that can be read but got: ${text}`, {
    cure: 'open it in a picture program and save it anew as PNG or TIFF',
    cause,
  });
}

async function writePicture(job: PictureJob, layout: FrameLayout, planes: FramePlanes): Promise<void> {
  const rgb = toRgb(planes, layout);
  const partial = `${job.output}.partial`;
  const extension = /\.[^.]+$/.exec(job.output)?.[0].toLowerCase() ?? '';
  const picture = sharp(rgb, {
    raw: { width: layout.widthPx, height: layout.heightPx, channels: 3 },
  }).withXmp(syntheticXmp(job.mark));
  const format = {
    '.jpg': 'jpeg',
    '.jpeg': 'jpeg',
    '.png': 'png',
    '.tif': 'tiff',
    '.tiff': 'tiff',
    '.webp': 'webp',
  }[extension];
  if (format === undefined) {
    throw new AppError(
      'USAGE',
      `-o ${job.output}: expected ${pictureExtensions.join(', ')} for a picture but got "${extension}"`,
    );
  }
  try {
    if (format === 'jpeg') await picture.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toFile(partial);
    else if (format === 'webp') await picture.webp({ quality: 95 }).toFile(partial);
    else if (layout.bitDepth === 16)
      await picture
        .toColourspace('rgb16')
        .toFormat(format as 'png' | 'tiff')
        .toFile(partial);
    else await picture.toFormat(format as 'png' | 'tiff').toFile(partial);
    await rename(partial, job.output);
  } catch (error) {
    await rm(partial, { force: true });
    throw new AppError(
      'OUTPUT_UNWRITABLE',
      `${job.output}: could not be written (${(error as Error).message})`,
      {
        cure: 'check the folder, its permissions and the free space',
        cause: error,
      },
    );
  }
}
