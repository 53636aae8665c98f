import { existsSync } from 'node:fs';
import sharp from 'sharp';
import { AppError } from '../../errors.ts';
import type { SizePx } from '../../frame.ts';
import { unreadablePicture } from '../../stream/film/still/read-image.ts';
import { rgbOfGray } from './measure-photo.ts';

/** A picture in memory. */
export interface RgbPicture extends SizePx {
  /** Interleaved, `[pixels * 3]`, 0..255 */
  readonly rgb: Uint8Array;
}

/**
 * Reads a picture as 8-bit sRGB, upright, without its transparency.
 * @param mostWidthPx - a wider picture is shrunk to this; default: no limit
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED
 */
export async function readRgb(path: string, mostWidthPx?: number): Promise<RgbPicture> {
  if (!existsSync(path)) {
    throw new AppError('INPUT_MISSING', `${path}: no such file`, { cure: 'check the name' });
  }
  try {
    const picture = sharp(path, { failOn: 'error' }).autoOrient().removeAlpha().toColourspace('srgb');
    if (mostWidthPx !== undefined) picture.resize({ width: mostWidthPx, withoutEnlargement: true });
    const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    // A gray file stays gray.
    return { widthPx: info.width, heightPx: info.height, rgb: info.channels === 1 ? rgbOfGray(data) : data };
  } catch (error) {
    throw unreadablePicture(path, error);
  }
}
