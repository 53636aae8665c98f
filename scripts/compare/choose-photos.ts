import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { randomFrom, shuffle } from '../../src/train/random.ts';

/**
 * Chooses photos at random; the same seed chooses the same ones.
 * @param folders - read with all folders inside
 * @param count - at most
 * @returns absolute paths, sorted
 */
export async function choosePhotos(
  folders: readonly string[],
  count: number,
  seed: number,
): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders)
    found.push(...(await glob(['**/*.{jpg,jpeg,png,webp}'], { cwd: join(folder), absolute: true })));
  return shuffle(found.sort(), randomFrom(seed).uniform).slice(0, count).sort();
}
