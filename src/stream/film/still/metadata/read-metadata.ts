import type { Metadata } from 'sharp';
import { jpegComments } from './jpeg-segments.ts';
import { pngChunks } from './png-chunks.ts';
import type { PngChunk, StillMetadata } from './still-metadata.ts';
import { numberOf, readTiff, shortTag, tagNumbers, type TiffDirectory, type TiffTag } from './tiff-tags.ts';

/**
 * Tags that describe how the pixels of a TIFF are stored or where its thumbnail is. They fit only the file that was
 * read.
 */
const storageTags: ReadonlySet<number> = new Set([
  ...[
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284,
  ],
  ...[
    288, 289, 290, 291, 292, 293, 296, 297, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 330, 332, 333,
  ],
  ...[
    334, 336, 338, 339, 340, 341, 342, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532,
  ],
  ...[700, 33723, 34377, 34675, 37724],
]);
const photoshopHeader = 'Photoshop 3.0\0';
const pixelSizeTags = { width: 0xa002, height: 0xa003 } as const;

/**
 * Reads the metadata of a picture.
 * @param bytes - the whole file
 * @param told - sharp's metadata for the picture
 */
export function readMetadata(bytes: Uint8Array, told: Metadata): StillMetadata {
  const [first] = told.format === 'tiff' ? readTiff(bytes) : readTiff(exifBlock(told.exif));
  const { xmp, density, format } = told;
  return {
    exif: first === undefined ? { tags: [], exif: [], gps: [] } : descriptive(first),
    xmp: xmp === undefined ? undefined : new TextDecoder().decode(xmp),
    icc: told.icc,
    photoshop: format === 'tiff' ? ofTiff(first) : ofJpeg(told.iptc),
    density,
    pngChunks: format === 'png' ? keptChunks(bytes) : [],
    jpegComments: format === 'jpeg' ? jpegComments(bytes) : [],
  };
}

/** EXIF from sharp, without the header that JPEG puts before it. */
function exifBlock(exif: Uint8Array | undefined): Uint8Array {
  if (exif === undefined) return new Uint8Array();
  const hasHeader = Buffer.from(exif.subarray(0, 4)).toString('latin1') === 'Exif';
  return hasHeader ? exif.subarray(6) : exif;
}

function descriptive({ tags, exif, gps }: TiffDirectory): TiffDirectory {
  return { tags: tags.filter(({ tag }) => !storageTags.has(tag)), exif, gps };
}

const keptChunkTypes: readonly string[] = ['tEXt', 'zTXt', 'iTXt', 'tIME', 'pHYs', 'gAMA', 'cHRM', 'sRGB'];

function keptChunks(bytes: Uint8Array): PngChunk[] {
  return pngChunks(bytes).filter(({ type, data }) => keptChunkTypes.includes(type) && !isXmp(type, data));
}

function isXmp(type: string, data: Uint8Array): boolean {
  return type === 'iTXt' && Buffer.from(data.subarray(0, 17)).toString('latin1') === 'XML:com.adobe.xmp';
}

function ofJpeg(iptc: Uint8Array | undefined): Uint8Array | undefined {
  if (iptc === undefined) return undefined;
  const isWrapped = Buffer.from(iptc.subarray(0, 14)).toString('latin1') === photoshopHeader;
  return isWrapped ? iptc.subarray(photoshopHeader.length) : iptcResource(iptc);
}

function ofTiff(directory: TiffDirectory | undefined): Uint8Array | undefined {
  const valueOf = (wanted: number): Uint8Array | undefined =>
    directory?.tags.find(({ tag }) => tag === wanted)?.value;
  const iptc = valueOf(tagNumbers.iptc);
  return valueOf(tagNumbers.photoshop) ?? (iptc === undefined ? undefined : iptcResource(iptc));
}

/** IPTC's records as one resource of Photoshop. */
function iptcResource(iptc: Uint8Array): Uint8Array {
  const header = Buffer.from('8BIM\x04\x04\0\0\0\0\0\0', 'latin1');
  header.writeUInt32BE(iptc.length, 8);
  return Buffer.concat([header, iptc, new Uint8Array(iptc.length % 2)]);
}

/** EXIF of an upright picture of this size. @returns undefined if there is nothing to store */
export function uprightExif(
  { exif }: Pick<StillMetadata, 'exif'>,
  size: { readonly widthPx: number; readonly heightPx: number },
): TiffDirectory | undefined {
  if (exif.tags.length + exif.exif.length + exif.gps.length === 0) return undefined;
  const sizes: Readonly<Record<number, number>> = {
    [pixelSizeTags.width]: size.widthPx,
    [pixelSizeTags.height]: size.heightPx,
  };
  const resized = exif.exif.map((tag): TiffTag => {
    const pixels = sizes[tag.tag];
    if (pixels === undefined || numberOf(tag) === undefined) return tag;
    return { tag: tag.tag, type: 4, count: 1, value: new Uint8Array(Uint32Array.of(pixels).buffer) };
  });
  return { tags: [...exif.tags, shortTag(tagNumbers.orientation, 1)], exif: resized, gps: exif.gps };
}
