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

/** Keeps the first, the middle and the last of a stream whose length is not known, holding few of them. */
export class SheetPictures {
  static readonly #most = 16;
  #kept: Uint8Array[][] = [];
  #last: Uint8Array[] = [];
  #step = 1;

  /**
   * Takes the next row of pictures.
   * @param index - its number, from 0
   * @param row - kept, so must not change afterwards
   */
  offer(index: number, row: Uint8Array[]): void {
    this.#last = row;
    if (index % this.#step !== 0) return;
    this.#kept.push(row);
    if (this.#kept.length <= SheetPictures.#most) return;
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    this.#step *= 2;
  }

  /** First, middle (to a sixteenth) and last row so far. */
  rows(): Uint8Array[][] {
    const first = this.#kept[0] ?? this.#last;
    return [first, this.#kept[this.#kept.length >> 1] ?? this.#last, this.#last];
  }
}
