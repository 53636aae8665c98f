import sharp from 'sharp';
import type { SizePx } from '../frame.ts';

/** The feature extractor as the pipeline sees it. */
export interface Embedder {
  /** Side of the square picture that it wants, pixels. */
  readonly embeddingSide: number;
  /** @param pictures - `[side * side]` gray bytes each */
  embed(pictures: readonly Uint8Array[]): Promise<readonly Float32Array[]>;
  /** The embedding's half of the fusion: one matrix product, `[256]`. */
  condition(embedding: Float32Array): Float32Array;
}

/**
 * Computes a scene's palette: its embedding multiplied into the fusion. The fusion is linear, so that one vector
 * serves every frame of the scene.
 * @param pictures - full-range luma, `[h * w]` each
 * @param size - of every picture
 * @returns `[256]`, a new array
 */
export async function paletteOf(
  pictures: readonly Uint8Array[],
  size: SizePx,
  embedder: Embedder,
): Promise<Float32Array> {
  return embedder.condition(await sceneEmbedding(pictures, size, embedder));
}

/**
 * Computes a scene's embedding: the mean of its pictures' and of their mirror images'.
 *
 * The embedding is made from the network's own small picture, enlarged: that is how sharp the photos were that the
 * model was trained with. From full-size frames it swings with grain and coding noise, by decibels from frame to
 * frame; so it does, less, without the mirror images (docs/benchmarks.md).
 * @param pictures - full-range luma, `[h * w]` each
 * @param size - of every picture
 * @returns `[256]`, a new array
 */
export async function sceneEmbedding(
  pictures: readonly Uint8Array[],
  size: SizePx,
  embedder: Pick<Embedder, 'embed' | 'embeddingSide'>,
): Promise<Float32Array> {
  const squashed = pictures.map((picture) => squash(picture, size, embedder.embeddingSide));
  const embeddings = await embedder.embed((await Promise.all(squashed)).flat());
  const [first] = embeddings;
  if (!first) throw new RangeError('a palette needs at least one picture');
  const mean = new Float32Array(first.length);
  for (const embedding of embeddings) {
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) + (embedding[i] ?? 0) / embeddings.length;
  }
  return mean;
}

/**
 * The picture that an embedding is made of: the whole small picture as a square, by bicubic interpolation; and its
 * mirror image.
 * @param picture - full-range luma, `[h * w]`; not modified
 * @param side - of the square, pixels
 * @returns two new arrays, `[side * side]` bytes each
 */
export async function squash(
  picture: Uint8Array,
  size: SizePx,
  side: number,
): Promise<[Uint8Array, Uint8Array]> {
  const raw = { width: size.widthPx, height: size.heightPx, channels: 1 } as const;
  const square = sharp(picture, { raw })
    .resize(side, side, { fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .raw();
  const [plain, mirrored] = await Promise.all([square.clone().toBuffer(), square.clone().flop().toBuffer()]);
  return [new Uint8Array(plain), new Uint8Array(mirrored)];
}
