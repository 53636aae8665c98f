import type { PngChunk, StillMetadata } from './still-metadata.ts';

/** The offsets of the pixels per metre in a BMP's header, across and down. @see BITMAPINFOHEADER: biXPelsPerMeter */
const offsets = { headerSize: 14, x: 38, y: 42 } as const;
/** Headers of at least this size have a resolution. */
const leastHeaderBytes = 40;
const metresPerInch = 0.0254;

/**
 * Adds the resolution of a BMP, because the PNG through which it is read does not have it.
 * @param file - the whole BMP; another file, or one without a resolution, changes nothing
 */
export function withBmpResolution(metadata: StillMetadata, file: Uint8Array): StillMetadata {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < offsets.y + 4 || view.getUint16(0) !== 0x42_4d) return metadata; // BM
  if (view.getUint32(offsets.headerSize, true) < leastHeaderBytes) return metadata;
  const [x, y] = [view.getInt32(offsets.x, true), view.getInt32(offsets.y, true)];
  if (x <= 0 || y <= 0) return metadata;
  const others = metadata.pngChunks.filter(({ type }) => type !== 'pHYs');
  return {
    ...metadata,
    density: Math.round(x * metresPerInch),
    pngChunks: [...others, resolutionChunk(x, y)],
  };
}

/** @param x - pixels per metre, as is `y` */
function resolutionChunk(x: number, y: number): PngChunk {
  const data = new Uint8Array(9);
  const view = new DataView(data.buffer);
  view.setUint32(0, x);
  view.setUint32(4, y);
  view.setUint8(8, 1); // the unit is the metre
  return { type: 'pHYs', data };
}
