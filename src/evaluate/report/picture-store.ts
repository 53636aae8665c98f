import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { versionNames, type Versions } from '../figures.ts';
import type { PictureTriple } from '../photo/evaluate-photo.ts';
import { makeFolder } from '../../files/make-folder.ts';

/** Keeps three versions of each file's picture as JPEG files in a folder, because there may be thousands. */
export class PictureStore {
  readonly #folder: string;

  /**
   * @param folder - created for the first picture
   */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Stores the three versions. */
  async save(key: string, picture: PictureTriple): Promise<void> {
    await makeFolder(this.#folder);
    const raw = { width: picture.widthPx, height: picture.heightPx, channels: 3 } as const;
    for (const name of versionNames) {
      // Colour has full resolution, because it is what people look at.
      const jpeg = sharp(picture[name], { raw }).jpeg({ quality: 90, chromaSubsampling: '4:4:4' });
      await writeFile(this.#path(key, name), await jpeg.toBuffer());
    }
  }

  /** JPEG files as data URIs; undefined if the picture was not stored. */
  async load(key: string): Promise<Versions<string> | undefined> {
    try {
      const [output, gray, truth] = await Promise.all(
        versionNames.map(async (name) => {
          const bytes = await readFile(this.#path(key, name));
          return `data:image/jpeg;base64,${bytes.toString('base64')}`;
        }),
      );
      return { output, gray, truth } as Versions<string>;
    } catch {
      return undefined; // an earlier run made no report
    }
  }

  #path(key: string, name: string): string {
    return join(this.#folder, `${key}-${name}.jpg`);
  }
}
