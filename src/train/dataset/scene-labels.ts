import { AppError } from '../../errors.ts';
import type { Dataset } from './dataset.ts';

/** A scene with fewer pictures to learn from is not learnt. */
const leastPictures = 4;

/** The scenes of a set: what its pictures show, as their names say. */
export class SceneLabels {
  /** sorted */
  readonly names: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(names: readonly string[]) {
    this.names = names;
    this.#numbers = new Map(names.map((name, number) => [name, number]));
  }

  /**
   * The number of a picture's scene.
   * @param key - of the sample
   * @returns -1 if it is unknown
   */
  of(key: string): number {
    return this.#numbers.get(sceneOf(key) ?? '') ?? -1;
  }
}

/**
 * The scene that a picture's name tells: the folder that it is in, or else the tag in front of its file name. Both
 * `forest/0001.jpg` and `forest_0001.jpg` show a forest.
 * @param key - of the sample: the path below the input, with `/`
 */
export function sceneOf(key: string): string | undefined {
  const parts = key.split('/');
  const folder = parts.at(-2);
  if (folder !== undefined && folder !== '') return folder;
  return /^([\p{L}]+)[_-]/u.exec(parts.at(-1) ?? '')?.[1];
}

/**
 * Finds the scenes of a set. It reads the whole training part, some 1,000 pictures a second.
 * @throws {AppError} INPUT_UNSUPPORTED if there are not at least two scenes with enough pictures
 */
export async function findScenes(set: Dataset): Promise<SceneLabels> {
  const counts = new Map<string, number>();
  for await (const { key } of set.samples('train')) {
    const scene = sceneOf(key);
    if (scene !== undefined) counts.set(scene, (counts.get(scene) ?? 0) + 1);
  }
  const names = [...counts].flatMap(([name, count]) => (count >= leastPictures ? [name] : []));
  if (names.length >= 2) return new SceneLabels(names.sort());
  throw new AppError(
    'INPUT_UNSUPPORTED',
    `${set.dir}: expected two or more scenes with at least ${leastPictures} pictures each but got ${names.join(', ') || 'none'}`,
    {
      cure: 'put the photos of each scene into a folder of its own, or its name in front of theirs (forest_0001.jpg), and make the set again',
    },
  );
}
