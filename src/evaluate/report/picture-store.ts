import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { versionNames, type Versions } from '../figures.ts';
import type { PictureTriple } from '../photo/evaluate-photo.ts';
import { makeFolder } from '../../files/make-folder.ts';

/** Keeps a picture of each evaluated file in its three versions, as JPEG files in a folder: there may be thousands. */
export class PictureStore {
  readonly #folder: string;

  /** @param folder - is made when the first picture comes */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Stores the three versions. */
  async save(key: string, picture: PictureTriple): Promise<void> {
    await makeFolder(this.#folder);
    const raw = { width: picture.widthPx, height: picture.heightPx, channels: 3 } as const;
    for (const name of versionNames) {
      // Colour at full resolution: it is what is looked at.
      const jpeg = sharp(picture[name], { raw }).jpeg({ quality: 90, chromaSubsampling: '4:4:4' });
      await writeFile(this.#path(key, name), await jpeg.toBuffer());
    }
  }

  /** JPEG files as data URIs; undefined when the picture was not stored. */
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
      return undefined; // an earlier run that wanted no report
    }
  }

  #path(key: string, name: string): string {
    return join(this.#folder, `${key}-${name}.jpg`);
  }
}
