import { spreadEvenly } from '../../stream/spread-evenly.ts';
import type { PicturePlanes } from '../dataset/pictures/picture-planes.ts';
import { colourPicture, grayPicture } from '../learn/colour-picture.ts';
import { writePictureSheet } from '../run/record/picture-sheet.ts';
import type { CameraPictures } from './camera-table.ts';

const mostRows = 6;

/**
 * Writes a sheet of held-out pictures, spread evenly over time: before, with the camera's model, and the truth.
 * @param heldOut - at least one
 */
export async function writeCameraSheet(
  path: string,
  heldOut: readonly PicturePlanes[],
  { before, after }: CameraPictures,
): Promise<void> {
  const rows = heldOut.flatMap(({ size, luma, ab }, i) => {
    const [old, own] = [before[i], after[i]];
    if (old === undefined || own === undefined) return [];
    return [{ size, luma, ab, old, own }];
  });
  await writePictureSheet(
    path,
    ['gray', 'before', "the camera's model", 'truth'],
    spreadEvenly(rows, mostRows).map(({ size, luma, ab, old, own }) => ({
      size,
      pictures: [grayPicture(luma), old, own, colourPicture(luma, ab)],
    })),
  );
}
