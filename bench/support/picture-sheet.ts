import sharp from 'sharp';
import type { SizePx } from '../../src/frame.ts';

const gapPx = 4;

/**
 * Writes pictures as a grid.
 * @param path - of the PNG file; overwritten
 * @param rows - of equally many pictures each, RGB interleaved, `[height * width * 3]`
 * @param size - of each picture, pixels
 * @throws {Error} sharp's, when the file cannot be written
 */
export async function writeSheet(
  path: string,
  rows: readonly (readonly Uint8Array[])[],
  size: SizePx,
): Promise<void> {
  const columns = rows[0]?.length ?? 0;
  const raw = { width: size.widthPx, height: size.heightPx, channels: 3 } as const;
  await sharp({
    create: {
      width: columns * (size.widthPx + gapPx) - gapPx,
      height: rows.length * (size.heightPx + gapPx) - gapPx,
      channels: 3,
      background: 'white',
    },
  })
    .composite(
      rows.flatMap((row, y) =>
        row.map((picture, x) => ({
          input: Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength),
          raw,
          left: x * (size.widthPx + gapPx),
          top: y * (size.heightPx + gapPx),
        })),
      ),
    )
    .png()
    .toFile(path);
}
