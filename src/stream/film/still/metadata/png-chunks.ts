/** Metadata of a PNG: chunks between its header and its first data. */
import { crc32, deflateSync } from 'node:zlib';
import { writeExif } from './tiff-tags.ts';
import type { PngChunk, WrittenMetadata } from './still-metadata.ts';

const signatureBytes = 8;
/** The chunks that we write, whatever the encoder has written. */
const ownTypes: readonly string[] = [
  'iCCP',
  'sRGB',
  'gAMA',
  'cHRM',
  'pHYs',
  'eXIf',
  'tEXt',
  'zTXt',
  'iTXt',
  'tIME',
];
const colorTypes: readonly string[] = ['sRGB', 'gAMA', 'cHRM'];

/** The chunks of a PNG. From a truncated file, only the complete ones. */
export function pngChunks(bytes: Uint8Array): PngChunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: PngChunk[] = [];
  let at = signatureBytes;
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) break;
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length) });
    at = end;
  }
  return chunks;
}

/** Replaces the metadata of a PNG. */
export function withPngMetadata(bytes: Uint8Array, metadata: WrittenMetadata): Uint8Array {
  const [header, ...rest] = pngChunks(bytes);
  if (header === undefined) throw new RangeError('a PNG without chunks');
  const chunks = [header, ...chunksOf(metadata), ...rest.filter(({ type }) => !ownTypes.includes(type))];
  return Buffer.concat([bytes.subarray(0, signatureBytes), ...chunks.map(chunkBytes)]);
}

function chunksOf({ exif, xmp, icc, density, pngChunks: kept }: WrittenMetadata): PngChunk[] {
  const hasDensity = kept.some(({ type }) => type === 'pHYs');
  const profile = icc === undefined ? [] : [{ type: 'iCCP', data: iccData(icc) }];
  return [
    ...profile,
    // A profile contains more than gamma and primaries, and readers of both may disagree.
    ...kept.filter(({ type }) => !colorTypes.includes(type) || icc === undefined),
    ...(density === undefined || hasDensity ? [] : [{ type: 'pHYs', data: densityData(density) }]),
    ...(exif === undefined ? [] : [{ type: 'eXIf', data: writeExif(exif) }]),
    { type: 'iTXt', data: Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${xmp}`) },
  ];
}

function iccData(icc: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(icc)]);
}

/** Pixels per metre. */
function densityData(perInch: number): Uint8Array {
  const data = Buffer.alloc(9);
  const perMetre = Math.round(perInch / 0.0254);
  data.writeUInt32BE(perMetre, 0);
  data.writeUInt32BE(perMetre, 4);
  data.writeUInt8(1, 8);
  return data;
}

function chunkBytes({ type, data }: PngChunk): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
