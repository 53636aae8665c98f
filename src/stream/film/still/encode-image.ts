import sharp from 'sharp';
import { toRgb } from '../../pixels/rgb.ts';
import type { ImageFormat } from './image-format.ts';
import type { StillFrame } from './read-image.ts';

/** JPEG and WebP lose so little that nobody sees it. */
const quality = 95;

/**
 * Encodes a coloured picture. 16 bit stay 16 bit in PNG and TIFF.
 * @param xmp - what the file says about its colour
 */
export async function encodeStill(
  { layout, planes }: Pick<StillFrame, 'layout' | 'planes'>,
  format: ImageFormat,
  xmp: string,
): Promise<Uint8Array> {
  const raw = { width: layout.widthPx, height: layout.heightPx, channels: 3 } as const;
  const picture = sharp(toRgb(planes, layout), { raw }).withXmp(xmp);
  if (format === 'jpeg') return picture.jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer();
  if (format === 'webp') return picture.webp({ quality }).toBuffer();
  const deep = layout.bitDepth === 16 ? picture.toColourspace('rgb16') : picture;
  return deep.toFormat(format).toBuffer();
}
