/** Finds GIF files that hold one picture only: they are stills, the others are films. */
import sharp from 'sharp';
import type { FoundInput } from './inputs.ts';

/** Marks the inputs that are such files. A file that can't be read stays as it is: whoever colours it says why. */
export async function markOnePictures(inputs: readonly FoundInput[]): Promise<FoundInput[]> {
  return Promise.all(
    inputs.map(async (input) =>
      (await isOnePicture(input.path)) ? { ...input, isOnePicture: true } : input,
    ),
  );
}

async function isOnePicture(path: string): Promise<boolean> {
  if (!/\.gif$/i.test(path)) return false;
  return sharp(path, { limitInputPixels: false })
    .metadata()
    .then(
      ({ pages = 1 }) => pages === 1,
      () => false,
    );
}
