import sharp from 'sharp';
import type { FrameLayout, FramePlanes } from './pixels/compose.ts';
import type { RectPx } from './pixels/rect.ts';
import { shrinkLuma, type RowChoice } from './pixels/shrink.ts';

/** The feature extractor as the pipeline sees it. */
export interface Embedder {
  /** Side of the square picture that it wants, pixels. */
  readonly embeddingSide: number;
  /** @param pictures - `[side * side]` gray bytes each */
  embed(pictures: readonly Uint8Array[]): Promise<readonly Float32Array[]>;
  /** The embedding's half of the fusion: one matrix product, `[256]`. */
  condition(embedding: Float32Array): Float32Array;
}

/** A frame whose planes are in memory. */
export interface PalettePicture {
  readonly planes: FramePlanes;
  readonly layout: FrameLayout;
  readonly rect: RectPx;
  readonly rows: RowChoice;
}

/** Pictures are brought to at most this many times the wanted side by the area filter, then squashed by sharp. */
const oversize = 2;

/**
 * Computes a scene's palette: the mean embedding of its pictures, multiplied into the fusion. The fusion is linear,
 * so that one vector serves every frame of the scene.
 * @returns `[256]`, a new array
 */
export async function paletteOf(
  pictures: readonly PalettePicture[],
  embedder: Embedder,
): Promise<Float32Array> {
  const squashed = await Promise.all(pictures.map((picture) => squash(picture, embedder.embeddingSide)));
  const embeddings = await embedder.embed(squashed);
  const [first] = embeddings;
  if (!first) throw new RangeError('a palette needs at least one picture');
  const mean = new Float32Array(first.length);
  for (const embedding of embeddings) {
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) + (embedding[i] ?? 0) / embeddings.length;
  }
  return embedder.condition(mean);
}

/** The whole picture as a square, by bicubic interpolation; full-range bytes. */
async function squash({ planes, layout, rect, rows }: PalettePicture, side: number): Promise<Uint8Array> {
  const width = Math.min(rect.width, side * oversize);
  const height = Math.min(rows === 'all' ? rect.height : rect.height >> 1, side * oversize);
  const gray = shrinkLuma(planes.y, layout, rect, { widthPx: width, heightPx: height }, rows);
  const { data } = await sharp(gray, { raw: { width, height, channels: 1 } })
    .resize(side, side, { fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return new Uint8Array(data);
}
