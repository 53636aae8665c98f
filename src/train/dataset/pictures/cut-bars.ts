import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { LumaFormat } from '../../../frame.ts';
import { activeRect } from '../../../ingest/scenes/black-bars.ts';

/** Number of pictures that show where a film's black bars are. Colouring a film samples as many. */
const sampledPictures = 12;

/**
 * Cuts the black bars off all pictures of a film, if it has bars.
 * @param dir - holds the pictures, PNG of one size, and nothing else; they are replaced
 */
export async function cutBars(dir: string): Promise<void> {
  const paths = (await readdir(dir)).sort().map((name) => join(dir, name));
  const step = Math.max(1, Math.floor(paths.length / sampledPictures));
  const samples = await Promise.all(paths.filter((_, i) => i % step === 0).map(readLuma));
  const [first] = samples;
  if (!first) return;
  const { x, y, width, height } = activeRect(samples, first.format);
  if (width === first.format.widthPx && height === first.format.heightPx) return;
  for (const path of paths) {
    await sharp(path).extract({ left: x, top: y, width, height }).png().toFile(`${path}.new`);
    await rename(`${path}.new`, path);
  }
}

async function readLuma(path: string): Promise<{ plane: Uint8Array; format: LumaFormat }> {
  const { data, info } = await sharp(path).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  const format = { widthPx: info.width, heightPx: info.height, bitDepth: 8, range: 'full' } as const;
  return { plane: new Uint8Array(data), format };
}
