/** One picture from end to end. */
import { wholeRect } from '../../../frame.ts';
import { checkReplacing, prepareFolders } from '../../../files/check-output.ts';
import { replaceFile } from '../../../files/replace-file.ts';
import { outputStride } from '../../../model/tables/network.ts';
import { packageVersion } from '../../../version.ts';
import { answerSize, networkSize } from '../../network-size.ts';
import { paletteOf } from '../../palette.ts';
import { composeStill } from '../../pixels/compose-still.ts';
import { shrinkLuma } from '../../pixels/shrink.ts';
import { syntheticXmp } from '../../synthetic-mark.ts';
import { withDefaults, type ColorOptions, type NetworkOptions } from '../film-options.ts';
import { resourcesFor, type CallOptions, type FilmResources } from '../film-resources.ts';
import { encodeStill } from './encode-image.ts';
import { imageFormatOf, type ImageFormat } from './image-format.ts';
import { readStill, type StillFrame } from './read-image.ts';

/** What can be asked of one picture. */
export interface ImageOptions extends NetworkOptions, ColorOptions {
  /** Where to write the picture; its extension says the format. Default: nothing is written. */
  readonly output?: string | undefined;
  /** Replaces an output that exists. Default: false, an error. */
  readonly overwrite?: boolean | undefined;
  /** Default: as the output's name says, else the input's own, else PNG. */
  readonly format?: ImageFormat | undefined;
}

/** A picture in colour. */
export interface ColorizedImage {
  /** The whole file; the caller's. */
  readonly bytes: Uint8Array;
  readonly format: ImageFormat;
  /** Whether the input had colour, which was replaced. */
  readonly hadColor: boolean;
}

/**
 * Colorizes one picture. Its luma (BT.601, as JPEG has it) is kept: colour that would leave the gamut is made paler
 * instead. 16-bit pictures stay 16-bit where the format can.
 * @param image - a file's path, or its bytes: JPEG, PNG, TIFF or WebP; not modified
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED, OUTPUT_EXISTS, OUTPUT_UNWRITABLE, USAGE
 */
export async function colorizeImage(
  image: string | Uint8Array,
  options: ImageOptions & CallOptions = {},
): Promise<ColorizedImage> {
  const { output, overwrite } = options;
  if (output !== undefined) {
    const inputs = typeof image === 'string' ? [image] : [];
    await checkReplacing({ inputs, outputs: { '-o': output }, overwrite });
    await prepareFolders(output);
  }
  const asked = output === undefined ? options.format : (options.format ?? imageFormatOf(output));
  const still = await readStill(image, withDefaults(options).maxMegapixels);
  await using resources = await resourcesFor(options);
  await colorStill(still, options, resources);
  const format = asked ?? (isFormat(still.format) ? still.format : 'png');
  const { name, version } = resources.colorizer.model.manifest;
  const mark = { program: `chromafeed ${packageVersion}`, model: name, modelVersion: version };
  const bytes = await encodeStill(still, format, syntheticXmp(mark));
  if (output !== undefined) await replaceFile(output, bytes);
  return { bytes, format, hadColor: still.hadColor };
}

/** Fills the chroma planes of a picture. */
async function colorStill(
  { layout, planes }: StillFrame,
  options: ColorOptions,
  { colorizer }: Pick<FilmResources, 'colorizer'>,
): Promise<void> {
  const { size: shortSidePx, saturation, temperature } = withDefaults(options);
  const size = networkSize(layout, shortSidePx);
  const small = shrinkLuma(planes.y, layout, wholeRect(layout), size);
  const [answer] = await colorizer.colorize({
    pictures: [small],
    size,
    conditions: [await paletteOf([small], size, colorizer)],
    ...(temperature === undefined ? {} : { temperature }),
  });
  if (!answer) throw new RangeError('the network gave no answer');
  const stride = outputStride(colorizer.model.manifest);
  composeStill(planes, layout, { small, size, answer, saturation, answerSize: answerSize(size, stride) });
}

function isFormat(format: string): format is ImageFormat {
  return ['jpeg', 'png', 'tiff', 'webp'].includes(format);
}
