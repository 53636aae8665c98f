import sharp, { type Sharp, type WebpOptions } from 'sharp';
import { AppError } from '../../../errors.ts';
import { sameSize } from '../../../frame.ts';
import { toRgb } from '../../pixels/rgb.ts';
import type { ImageFormat } from './image-format.ts';
import type { OpenedStill, StillFrame } from './read-image.ts';

/** The quality of JPEG and WebP at which the loss is invisible. */
const quality = 95;

/**
 * Encodes a coloured picture, or several pages. 16 bit stay 16 bit in PNG and TIFF.
 * @param pages - at least one; several pages need a format that can hold them (`checkFormat`)
 * @param how.name - for messages
 * @throws {AppError} INPUT_UNSUPPORTED when pages have different sizes or depths
 */
export async function encodeStill(
  pages: readonly StillFrame[],
  format: ImageFormat,
  { name, animation, isLossless }: Pick<OpenedStill, 'name' | 'animation' | 'isLossless'>,
): Promise<Uint8Array> {
  const { layout } = checkAlike(pages, name);
  const hasAlpha = pages.some(({ alpha }) => alpha !== undefined);
  const picture = sharp(interleave(pages, hasAlpha), {
    limitInputPixels: false,
    raw: {
      width: layout.widthPx,
      height: layout.heightPx * pages.length,
      channels: hasAlpha ? 4 : 3,
      ...(pages.length > 1 ? { pageHeight: layout.heightPx } : {}),
    },
  });
  return encodeAs(picture, format, { isDeep: layout.bitDepth === 16, lossless: isLossless, ...animation });
}

/** How pixels are encoded. */
export interface PixelEncoding extends Pick<WebpOptions, 'lossless' | 'delay' | 'loop'> {
  /** Whether PNG and TIFF get 16 bits. */
  readonly isDeep: boolean;
}

/** Encodes R'G'B' pixels; the losses of JPEG and WebP are invisible. */
export async function encodeAs(
  picture: Sharp,
  format: ImageFormat,
  { isDeep, ...webp }: PixelEncoding,
): Promise<Uint8Array> {
  if (format === 'jpeg') return picture.jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer();
  // `exact` keeps the colour of pixels that are wholly transparent.
  if (format === 'webp') return picture.webp({ quality, exact: true, ...webp }).toBuffer();
  const deep = isDeep ? picture.toColourspace('rgb16') : picture;
  return format === 'tiff'
    ? deep.tiff({ compression: 'deflate', predictor: 'horizontal' }).toBuffer()
    : deep.png().toBuffer();
}

function checkAlike(pages: readonly StillFrame[], name: string): StillFrame {
  const [first] = pages;
  if (first === undefined) throw new RangeError('a picture without pages');
  const isAlike = pages.every(
    ({ layout }) => sameSize(layout, first.layout) && layout.bitDepth === first.layout.bitDepth,
  );
  if (isAlike) return first;
  throw new AppError(
    'INPUT_UNSUPPORTED',
    `${name}: expected pages of the same size and depth but they differ`,
    {
      cure: 'split the file into one file per page, and colour those',
    },
  );
}

/** All pages in one array, one below the other. */
function interleave(pages: readonly StillFrame[], hasAlpha: boolean): Uint8Array | Uint16Array {
  const [only] = pages;
  if (only !== undefined && pages.length === 1 && !hasAlpha) return toRgb(only.planes, only.layout);
  const channels = hasAlpha ? 4 : 3;
  const pixels = pages.reduce((sum, { planes }) => sum + planes.y.length, 0);
  const isDeep = only?.layout.bitDepth === 16;
  const out = isDeep ? new Uint16Array(pixels * channels) : new Uint8Array(pixels * channels);
  const opaque = isDeep ? 0xffff : 0xff;
  let at = 0;
  for (const { planes, layout, alpha } of pages) {
    const rgb = toRgb(planes, layout);
    for (let i = 0; i < planes.y.length; i++) {
      for (let c = 0; c < 3; c++) out[at++] = rgb[3 * i + c] ?? 0;
      if (hasAlpha) out[at++] = alpha?.[i] ?? opaque;
    }
  }
  return out;
}
