import sharp from 'sharp';
import type { SizePx } from '../frame.ts';
import type { Colorizer } from '../model/colorizer.ts';

/** What a palette needs of a colorizer. */
export type PaletteNetwork = Pick<Colorizer, 'embeddingSide' | 'embed' | 'condition'>;

/**
 * Computes a scene's palette: its embedding multiplied into the fusion. The fusion is linear, so that one vector
 * serves every frame of the scene. A network without an embedding needs no picture.
 * @param pictures - full-range luma, `[h * w]` each
 * @param size - of every picture
 * @returns `[256]`, a new array
 */
export async function paletteOf(
  pictures: readonly Uint8Array[],
  size: SizePx,
  network: PaletteNetwork,
): Promise<Float32Array> {
  if (network.embeddingSide === 0) return network.condition(new Float32Array());
  return network.condition(await sceneEmbedding(pictures, size, network));
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
  network: Pick<Colorizer, 'embed' | 'embeddingSide'>,
): Promise<Float32Array> {
  const squashed = pictures.map((picture) => squash(picture, size, network.embeddingSide));
  const embeddings = await network.embed((await Promise.all(squashed)).flat());
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

/**
 * Chooses the picture with the strongest gradients, the first of equals: it says most of its scene.
 * @param pictures - at least one, `[h * w]` each; not modified
 * @param size - of every picture
 * @returns one of them
 */
export function sharpest(pictures: readonly Uint8Array[], size: SizePx): Uint8Array {
  return pictures
    .map((picture) => ({ picture, sharpness: sharpness(picture, size) }))
    .reduce((best, next) => (next.sharpness > best.sharpness ? next : best)).picture;
}

/** Mean squared horizontal and vertical difference. */
function sharpness(picture: Uint8Array, size: SizePx): number {
  let sum = 0;
  for (let i = 0; i + size.widthPx < picture.length; i++) {
    const across = (picture[i + 1] ?? 0) - (picture[i] ?? 0);
    const down = (picture[i + size.widthPx] ?? 0) - (picture[i] ?? 0);
    sum += across * across + down * down;
  }
  return sum / picture.length;
}
