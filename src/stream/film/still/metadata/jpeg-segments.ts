/** Metadata of a JPEG: segments between its start and its first table. */
import { writeExif } from './tiff-tags.ts';
import type { WrittenMetadata } from './still-metadata.ts';

const mostSegmentBytes = 65_533;
const iccChunkBytes = 65_519;

interface Segment {
  readonly marker: number;
  /** Its bytes without marker and length. */
  readonly data: Uint8Array;
  /** The offset of the segment after it. */
  readonly end: number;
}

/** The segments before the picture's data. */
function* segmentsOf(bytes: Uint8Array): Generator<Segment> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 4 <= bytes.length && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xda) return;
    const end = at + 2 + view.getUint16(at + 2);
    if (end > bytes.length) return;
    yield { marker, data: bytes.subarray(at + 4, end), end };
    at = end;
  }
}

/** The comments of a JPEG. */
export function jpegComments(bytes: Uint8Array): Uint8Array[] {
  return [...segmentsOf(bytes)].filter(({ marker }) => marker === 0xfe).map(({ data }) => data);
}

/**
 * Replaces the metadata of a JPEG.
 * @throws {RangeError} when EXIF or XMP is larger than a segment
 */
export function withJpegMetadata(bytes: Uint8Array, metadata: WrittenMetadata): Uint8Array {
  const { exif, xmp, icc, photoshop, density } = metadata;
  let tablesAt = 2;
  for (const { marker, end } of segmentsOf(bytes)) {
    const isMetadata = (marker >= 0xe0 && marker <= 0xed) || marker === 0xfe;
    if (!isMetadata) break;
    tablesAt = end;
  }
  return Buffer.concat([
    bytes.subarray(0, 2),
    segment(0xe0, jfif(density)),
    ...(exif === undefined ? [] : [segment(0xe1, latin1('Exif\0\0'), writeExif(exif))]),
    segment(0xe1, latin1('http://ns.adobe.com/xap/1.0/\0'), Buffer.from(xmp)),
    ...(icc === undefined ? [] : iccSegments(icc)),
    ...(photoshop === undefined ? [] : [segment(0xed, latin1('Photoshop 3.0\0'), photoshop)]),
    ...metadata.jpegComments.map((comment) => segment(0xfe, comment)),
    bytes.subarray(tablesAt),
  ]);
}

function segment(marker: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const data = Buffer.concat(parts);
  if (data.length > mostSegmentBytes) throw new RangeError(`a JPEG segment of ${data.length} bytes`);
  const header = Buffer.from([0xff, marker, 0, 0]);
  header.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([header, data]);
}

/** The segment with the resolution: dots per inch, or none. */
function jfif(density: number | undefined): Uint8Array {
  const data = Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1');
  const perInch = Math.round(density ?? 0);
  if (perInch < 1 || perInch > 0xffff) return data;
  data.writeUInt8(1, 7);
  data.writeUInt16BE(perInch, 8);
  data.writeUInt16BE(perInch, 10);
  return data;
}

function iccSegments(icc: Uint8Array): Uint8Array[] {
  const count = Math.ceil(icc.length / iccChunkBytes);
  return Array.from({ length: count }, (_, i) => {
    const part = icc.subarray(i * iccChunkBytes, (i + 1) * iccChunkBytes);
    return segment(0xe2, latin1('ICC_PROFILE\0'), Uint8Array.of(i + 1, count), part);
  });
}

function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
