import type { ImageFormat } from '../image-format.ts';
import { withJpegMetadata } from './jpeg-segments.ts';
import { withPngMetadata } from './png-chunks.ts';
import type { StillMetadata, WrittenMetadata } from './still-metadata.ts';
import { withTiffMetadata } from './tiff-file.ts';
import { withWebpMetadata } from './webp-chunks.ts';

const writers: Readonly<Record<ImageFormat, (bytes: Uint8Array, metadata: WrittenMetadata) => Uint8Array>> = {
  jpeg: withJpegMetadata,
  png: withPngMetadata,
  tiff: withTiffMetadata,
  webp: withWebpMetadata,
};

/** PNG and WebP cannot store Photoshop's resources, which include IPTC. */
const withoutPhotoshop: readonly ImageFormat[] = ['png', 'webp'];

/**
 * Puts metadata into an encoded still. Pixels are not touched.
 * @param bytes - as sharp has encoded it
 * @returns a new file
 */
export function writeMetadata(bytes: Uint8Array, format: ImageFormat, metadata: WrittenMetadata): Uint8Array {
  return writers[format](bytes, metadata);
}

/** Lists, in words, the metadata of a picture that a format cannot store. */
export function lostMetadata(
  { photoshop, jpegComments }: Pick<StillMetadata, 'photoshop' | 'jpegComments'>,
  format: ImageFormat,
): string[] {
  return [
    ...(photoshop !== undefined && withoutPhotoshop.includes(format) ? ['IPTC'] : []),
    ...(jpegComments.length > 0 && format !== 'jpeg' ? ['JPEG comments'] : []),
  ];
}
