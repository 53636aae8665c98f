/** Colorizes one still picture with a studio's network: what `chromafeed file` does with it. */
import { checkReplacing, prepareFolders } from '../../../files/check-output.ts';
import { outputStride } from '../../../model/tables/network.ts';
import type { Studio } from '../../studio.ts';
import { colorizePicture } from './picture.ts';
import { packageVersion } from '../../../version.ts';

/** What the user asked for, of a picture. */
export interface StillWish {
  readonly input: string;
  /** Its extension says the format. */
  readonly output: string;
  readonly overwrite?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  /** Short side of the network's picture, pixels; a multiple of 8 */
  readonly size: number;
  readonly temperature?: number | undefined;
  readonly saturation: number;
}

/**
 * Colorizes one still picture.
 * @returns whether the input had colour, which was replaced; undefined when it is only planned
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED, OUTPUT_EXISTS, OUTPUT_UNWRITABLE, USAGE
 */
export async function colorizeStillFile(
  wish: StillWish,
  { colorizer }: Pick<Studio, 'colorizer'>,
): Promise<{ readonly hadColor: boolean } | undefined> {
  checkReplacing(wish);
  if (wish.dryRun === true) return undefined;
  await prepareFolders(wish.output);
  const { manifest } = colorizer.model;
  return await colorizePicture({
    ...{ input: wish.input, output: wish.output },
    ...{ shortSidePx: wish.size, temperature: wish.temperature, saturation: wish.saturation },
    network: colorizer,
    stride: outputStride(manifest),
    mark: { program: `chromafeed ${packageVersion}`, model: manifest.name, modelVersion: manifest.version },
  });
}
