import sharp, { type Sharp } from 'sharp';
import type { SizePx } from '../../../frame.ts';
import { separate, type PicturePlanes } from './picture-planes.ts';
import { sizeName } from '../shards/sample.ts';
import { chooseShape } from './shapes.ts';
import type { PictureRefusal } from './picture-refusal.ts';

/**
 * Reads a colour picture: upright, sRGB, without transparency, shrunk and cut to the shape that fits best.
 * @param path - of a picture that sharp reads
 * @param shapes - from `shapesOf`
 * @returns the picture, or why it cannot be used
 */
export async function readPicture(
  path: string,
  shapes: readonly SizePx[],
): Promise<PicturePlanes | PictureRefusal> {
  try {
    const picture = sharp(path, { failOn: 'error' });
    const { autoOrient, channels, space } = await picture.metadata();
    const stored = { widthPx: autoOrient.width, heightPx: autoOrient.height };
    const size = chooseShape(stored, shapes);
    if (size === undefined) return { reason: 'too small', detail: sizeName(stored) };
    if (channels <= 2 || space === 'b-w') return { reason: 'gray', detail: 'without colour channels' };
    return separate(await pixelsOf(picture, size), size);
  } catch (error) {
    const detail = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { reason: 'unreadable', detail };
  }
}

/** Transparent parts become white. */
function pixelsOf(picture: Sharp, size: SizePx): Promise<Uint8Array> {
  return picture
    .autoOrient()
    .resize(size.widthPx, size.heightPx, { fit: 'cover', position: 'centre', kernel: 'lanczos3' })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
}
