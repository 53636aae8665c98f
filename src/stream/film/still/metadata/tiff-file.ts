/** Metadata of a TIFF: its tags, except for those that describe how the pixels are stored. */
import {
  bytesTag,
  readTiff,
  resolutionTags,
  tagNumbers,
  writeDirectory,
  type TiffDirectory,
} from './tiff-tags.ts';
import type { WrittenMetadata } from './still-metadata.ts';

/**
 * Puts metadata into a TIFF: each page gets a new directory at the end of the file, with its own tags and these.
 * @param bytes - little-endian, below 4 GiB, as sharp writes it
 */
export function withTiffMetadata(bytes: Uint8Array, metadata: WrittenMetadata): Uint8Array {
  const pages = readTiff(bytes).map((page) => withTags(page, metadata));
  const parts: Uint8Array[] = [Buffer.from(bytes), new Uint8Array(bytes.length % 2)];
  const placed: { readonly page: TiffDirectory; readonly at: number }[] = [];
  let end = bytes.length + (bytes.length % 2);
  for (const page of pages) {
    placed.push({ page, at: end });
    end += writeDirectory(page, end, 0).length;
  }
  for (const [i, { page, at }] of placed.entries())
    parts.push(writeDirectory(page, at, placed[i + 1]?.at ?? 0));
  const whole = Buffer.concat(parts);
  whole.writeUInt32LE(placed[0]?.at ?? 8, 4);
  return whole;
}

function withTags(page: TiffDirectory, metadata: WrittenMetadata): TiffDirectory {
  const { exif, xmp, icc, photoshop, density } = metadata;
  const told = [
    ...(exif?.tags ?? []),
    bytesTag(tagNumbers.xmp, Buffer.from(xmp), 1),
    ...(icc === undefined ? [] : [bytesTag(tagNumbers.icc, icc)]),
    ...(photoshop === undefined ? [] : [bytesTag(tagNumbers.photoshop, photoshop, 1)]),
    ...(density === undefined ? [] : resolutionTags(density)),
  ];
  const own = page.tags.filter(({ tag }) => !told.some((other) => other.tag === tag));
  return { tags: [...own, ...told], exif: exif?.exif ?? [], gps: exif?.gps ?? [] };
}
