import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { wholeRect } from '../../frame.ts';
import { plainText } from '../../log/plain-text.ts';
import type { StylePicture } from '../../model/style-picture.ts';
import { openStill } from '../film/still/read-image.ts';
import { networkSize } from '../network-size.ts';
import { shrinkLuma } from '../pixels/shrink.ts';

/** How the photo of a style is read: as the pictures that get its style are. */
export interface StyleSettings {
  /** short side of the network's picture, pixels */
  readonly shortSidePx: number;
  /** larger photos are refused */
  readonly maxMegapixels: number;
}

/**
 * Reads the photo whose style other pictures get. Its colour does not matter: the network sees its luma.
 * @param path - a picture that `chromafeed file` reads; of a file with several pages, the first one counts
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED
 */
export async function readStyle(
  path: string,
  { shortSidePx, maxMegapixels }: StyleSettings,
): Promise<StylePicture> {
  const still = await openStill(path, maxMegapixels);
  const { layout, planes } = await still.readPage(0);
  const size = networkSize(layout, shortSidePx);
  return {
    name: plainText(basename(path)),
    sha256: createHash('sha256').update(still.file).digest('hex'),
    luma: shrinkLuma(planes.y, layout, wholeRect(layout), size),
    size,
  };
}
