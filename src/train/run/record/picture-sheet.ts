import { dirname } from 'node:path';
import sharp, { type OverlayOptions } from 'sharp';
import type { SizePx } from '../../../frame.ts';
import { replaceFile } from '../../../files/replace-file.ts';
import { makeFolder } from '../../../files/make-folder.ts';

/** One picture in several versions. */
export interface SheetRow {
  readonly size: SizePx;
  /** `[h * w * 3]` sRGB bytes each, one for each column */
  readonly pictures: readonly Uint8Array[];
}

const gapPx = 6;
const labelHeightPx = 24;
const background = '#1c1c1c';

/**
 * Writes the versions of each picture side by side, such as gray, coloured and true, one row per picture.
 * @param path - of the JPEG file; its folder is made if it is missing
 * @param labels - of the columns
 * @param rows - at least one
 */
export async function writePictureSheet(
  path: string,
  labels: readonly string[],
  rows: readonly SheetRow[],
): Promise<void> {
  const cellWidthPx = Math.max(...rows.map(({ size }) => size.widthPx)) + gapPx;
  const widthPx = labels.length * cellWidthPx + gapPx;
  const overlays: OverlayOptions[] = labels.map((label, column) =>
    labelOverlay(label, gapPx + column * cellWidthPx, cellWidthPx),
  );
  let top = labelHeightPx;
  for (const { size, pictures } of rows) {
    for (const [column, rgb] of pictures.entries())
      overlays.push(pictureOverlay(size, rgb, gapPx + column * cellWidthPx, top));
    top += size.heightPx + gapPx;
  }
  const sheet = sharp({ create: { width: widthPx, height: top, channels: 3, background } });
  const jpeg = await sheet.composite(overlays).jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer();
  await makeFolder(dirname(path));
  await replaceFile(path, jpeg);
}

function pictureOverlay(size: SizePx, rgb: Uint8Array, left: number, top: number): OverlayOptions {
  const raw = { width: size.widthPx, height: size.heightPx, channels: 3 } as const;
  return { input: Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength), raw, left, top };
}

function labelOverlay(text: string, left: number, widthPx: number): OverlayOptions {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${labelHeightPx}">
<text x="0" y="17" font-family="sans-serif" font-size="14" fill="#dddddd">${text}</text>
</svg>`;
  return { input: Buffer.from(svg), left, top: 0 };
}
