import { existsSync } from 'node:fs';
import sharp from 'sharp';
import { AppError } from '../../../errors.ts';
import { checkPictureSize } from '../../../ingest/picture-size.ts';
import { frameBytes, framePlanes, type FrameLayout, type FramePlanes } from '../../pixels/compose.ts';
import { fillLuma } from '../../pixels/rgb.ts';

/** A picture whose luma is read and whose chroma is to come. */
export interface StillFrame {
  /** Full range, 4:4:4, 8 or 16 bit. */
  readonly layout: FrameLayout;
  readonly planes: FramePlanes;
  /** Whether more than a hundredth of its pixels had colour. */
  readonly hadColor: boolean;
  /** sharp's name of the format it was in: `jpeg`, `png`, ... */
  readonly format: string;
}

/**
 * Reads a picture's luma (BT.601, as JPEG has it), upright.
 * @param image - a file's path, or its bytes
 * @param maxMegapixels - larger pictures are refused before they are decoded
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED
 */
export async function readStill(image: string | Uint8Array, maxMegapixels: number): Promise<StillFrame> {
  const name = typeof image === 'string' ? image : 'picture';
  if (typeof image === 'string' && !existsSync(image))
    throw new AppError('INPUT_MISSING', `${image}: no such file`, { cure: 'check the name' });
  try {
    const opened = sharp(image, { failOn: 'error', limitInputPixels: false });
    const { depth, format, width, height } = await opened.metadata();
    checkPictureSize({ widthPx: width, heightPx: height }, name, maxMegapixels);
    const isDeep = depth === 'ushort';
    const { data, info } = await opened
      .autoOrient()
      .removeAlpha()
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
    return { layout, planes, hadColor: fillLuma(samples, info.channels, planes), format };
  } catch (error) {
    throw error instanceof AppError ? error : unreadablePicture(name, error);
  }
}

/** INPUT_UNSUPPORTED with what sharp said. */
export function unreadablePicture(name: string, cause: unknown): AppError {
  const text = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'unknown fault';
  return new AppError('INPUT_UNSUPPORTED', `${name}: expected a picture that can be read but got: ${text}`, {
    cure: 'open it in a picture program and save it anew as PNG or TIFF',
    cause,
  });
}
