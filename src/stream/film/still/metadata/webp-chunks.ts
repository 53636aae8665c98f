/** Metadata of a WebP: chunks around its picture, announced by flags in its first chunk. */
import { resolutionTags, writeExif, type TiffDirectory } from './tiff-tags.ts';
import type { WrittenMetadata } from './still-metadata.ts';

interface RiffChunk {
  readonly type: string;
  readonly data: Uint8Array;
}

const flags = { icc: 0x20, alpha: 0x10, exif: 0x08, xmp: 0x04 } as const;
const ownTypes: readonly string[] = ['VP8X', 'ICCP', 'EXIF', 'XMP '];

/** Replaces the metadata of a WebP. */
export function withWebpMetadata(bytes: Uint8Array, metadata: WrittenMetadata): Uint8Array {
  const { icc, xmp, size, hasAlpha } = metadata;
  const exif = withDensity(metadata);
  const chunks = riffChunks(bytes);
  const header = Buffer.alloc(10);
  const known = chunks.find(({ type }) => type === 'VP8X')?.data;
  if (known === undefined) {
    header.writeUIntLE(size.widthPx - 1, 4, 3);
    header.writeUIntLE(size.heightPx - 1, 7, 3);
  } else header.set(known.subarray(0, 10));
  const kept = (header[0] ?? 0) & ~(flags.icc | flags.exif | flags.xmp);
  const told =
    flags.xmp |
    (hasAlpha ? flags.alpha : 0) |
    (icc === undefined ? 0 : flags.icc) |
    (exif === undefined ? 0 : flags.exif);
  header[0] = kept | told;
  return riffBytes([
    { type: 'VP8X', data: header },
    ...(icc === undefined ? [] : [{ type: 'ICCP', data: icc }]),
    ...chunks.filter(({ type }) => !ownTypes.includes(type)),
    ...(exif === undefined ? [] : [{ type: 'EXIF', data: writeExif(exif) }]),
    { type: 'XMP ', data: Buffer.from(xmp) },
  ]);
}

/** A WebP has no other place for its resolution. */
function withDensity({ exif, density }: WrittenMetadata): TiffDirectory | undefined {
  if (density === undefined) return exif;
  return {
    tags: [...(exif?.tags ?? []), ...resolutionTags(density)],
    exif: exif?.exif ?? [],
    gps: exif?.gps ?? [],
  };
}

function riffChunks(bytes: Uint8Array): RiffChunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: RiffChunk[] = [];
  let at = 12;
  while (at + 8 <= bytes.length) {
    const type = Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
    const length = view.getUint32(at + 4, true);
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

function riffBytes(chunks: readonly RiffChunk[]): Uint8Array {
  const body = chunks.flatMap(({ type, data }) => {
    const header = Buffer.from(`${type}\0\0\0\0`, 'latin1');
    header.writeUInt32LE(data.length, 4);
    return [header, data, new Uint8Array(data.length % 2)];
  });
  const whole = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'), ...body]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}
