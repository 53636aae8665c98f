/** Colours one picture from end to end. */
import { readFile, stat } from 'node:fs/promises';
import sharp from 'sharp';
import { checkReplacing, prepareFolders } from '../../../files/check-output.ts';
import { replaceFile } from '../../../files/replace-file.ts';
import { markOf } from '../../synthetic-mark.ts';
import { withDefaults, type ColorOptions, type NetworkOptions } from '../film-options.ts';
import { resourcesFor, type CallOptions, type FilmResources } from '../film-resources.ts';
import { colorPages } from './color-pages.ts';
import { encodeStill } from './encode-image.ts';
import { checkFormat, formatLike, imageFormatOf, type ImageFormat } from './image-format.ts';
import { fingerprintInXmp, mergeXmp } from './metadata/merge-xmp.ts';
import { uprightExif } from './metadata/read-metadata.ts';
import { lostMetadata, writeMetadata } from './metadata/write-metadata.ts';
import { openStill, type OpenedStill, type StillFrame } from './read-image.ts';
import { stillFingerprint } from './still-fingerprint.ts';

/** The options of one picture. */
export interface ImageOptions extends NetworkOptions, ColorOptions {
  /** Where to write the picture; its extension defines the format. Default: it is not written. */
  readonly output?: string | undefined;
  /** Replace an existing output. Default: false, an existing output is an error. */
  readonly overwrite?: boolean | undefined;
  /** Does nothing when the output was finished by an earlier run with the same settings. Default: false, an error. */
  readonly skipFinished?: boolean | undefined;
  /** Default: the format of the output's name, else that of the input, else PNG. */
  readonly format?: ImageFormat | undefined;
}

/** A picture in colour. */
export interface ColorizedImage {
  /** The whole file, owned by the caller. */
  readonly bytes: Uint8Array;
  readonly format: ImageFormat;
  /** Whether an earlier run had finished it with the same settings (`skipFinished`): then nothing was done. */
  readonly alreadyFinished: boolean;
  /** The number of pictures in the file: more than one in an animation or a TIFF with several pages. */
  readonly pages: number;
  /** Whether the input had colour, which was replaced. */
  readonly hadColor: boolean;
  /** What the user should know, a sentence each. */
  readonly notices: readonly string[];
}

/**
 * Colorizes one picture, or all pictures of a file. Their luma (BT.601, as in JPEG) is kept: colour that would leave
 * the gamut is made paler instead. 16-bit pictures stay 16-bit where the format can; transparency, EXIF, XMP, IPTC,
 * resolution and colour profile go into the result.
 * @param image - a file's path, or its bytes: JPEG, PNG, TIFF, WebP or AVIF, a path also of what ffmpeg can read (BMP, TGA,
 *   PGM, JPEG 2000 ...); not modified
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED, OUTPUT_EXISTS, OUTPUT_UNWRITABLE, USAGE
 */
export async function colorizeImage(
  image: string | Uint8Array,
  options: ImageOptions & CallOptions = {},
): Promise<ColorizedImage> {
  const { output } = options;
  const finished = output === undefined ? undefined : await finishedBefore(image, output, options);
  if (finished !== undefined) return finished;
  if (output !== undefined) await checkOutput(image, output, options);
  const still = await openStill(image, withDefaults(options).maxMegapixels);
  const format = formatOf(still, options);
  const pages = await readPages(still);
  const hasAlpha = pages.some(({ alpha }) => alpha !== undefined);
  checkFormat(format, { name: still.name, pages: pages.length, hasAlpha });
  await using resources = await resourcesFor(options);
  await colorPages(pages, still, options, resources);
  const encoded = await encodeStill(pages, format, still);
  const bytes = await describe(encoded, { still, pages, format, options, resources });
  if (output !== undefined) await replaceFile(output, bytes);
  const hadColor = pages.some((page) => page.hadColor);
  const notices = noticesOf(still, format);
  return { bytes, format, alreadyFinished: false, pages: pages.length, hadColor, notices };
}

async function checkOutput(
  image: string | Uint8Array,
  output: string,
  { overwrite }: ImageOptions,
): Promise<void> {
  const inputs = typeof image === 'string' ? [image] : [];
  await checkReplacing({ inputs, outputs: { '-o': output }, overwrite });
  await prepareFolders(output);
}

function formatOf({ format }: OpenedStill, options: ImageOptions): ImageFormat {
  const { output } = options;
  return options.format ?? (output === undefined ? formatLike(format) : imageFormatOf(output));
}

/** The result of an earlier run with the same settings; undefined if there is none, or if a new one is needed. */
async function finishedBefore(
  image: string | Uint8Array,
  output: string,
  options: ImageOptions & CallOptions,
): Promise<ColorizedImage | undefined> {
  if (options.skipFinished !== true || options.overwrite === true) return undefined;
  const found = await stat(output).catch(() => undefined);
  if (found?.isFile() !== true || found.size === 0) return undefined;
  const bytes = await readFile(output);
  const told = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  const fingerprint = fingerprintInXmp(told?.xmpAsString ?? '');
  if (fingerprint === undefined) return undefined;
  const still = await openStill(image, withDefaults(options).maxMegapixels);
  const format = formatOf(still, options);
  await using resources = await resourcesFor(options);
  const asked = await stillFingerprint(still.file, format, withDefaults(options), resources.colorizer);
  if (fingerprint !== asked) return undefined;
  return { bytes, format, alreadyFinished: true, pages: still.pages, hadColor: false, notices: [] };
}

async function readPages(still: OpenedStill): Promise<StillFrame[]> {
  const pages: StillFrame[] = [];
  for (let page = 0; page < still.pages; page++) pages.push(await still.readPage(page));
  return pages;
}

/** Writes the picture's own metadata into the result, and that its colour is synthetic. */
async function describe(
  encoded: Uint8Array,
  made: {
    readonly still: OpenedStill;
    readonly pages: readonly StillFrame[];
    readonly format: ImageFormat;
    readonly options: ImageOptions;
    readonly resources: FilmResources;
  },
): Promise<Uint8Array> {
  const { still, pages, format, options, resources } = made;
  const { colorizer } = resources;
  const mark = markOf(colorizer.credit);
  const fingerprint = await stillFingerprint(still.file, format, withDefaults(options), colorizer);
  const [first] = pages;
  const size = first?.layout ?? { widthPx: 0, heightPx: 0 };
  const { icc, photoshop, density, pngChunks, jpegComments } = still.metadata;
  return writeMetadata(encoded, format, {
    icc,
    photoshop,
    density,
    pngChunks,
    jpegComments,
    exif: uprightExif(still.metadata, size),
    xmp: mergeXmp(still.metadata.xmp, mark, fingerprint),
    size,
    hasAlpha: pages.some(({ alpha }) => alpha !== undefined),
  });
}

function noticesOf({ name, format: from, metadata, notices }: OpenedStill, format: ImageFormat): string[] {
  const lost = lostMetadata(metadata, format);
  return [
    ...notices,
    ...(formatLike(from) === from || from === 'png'
      ? []
      : [`${name}: ${from} can be read but not written, so the result is ${format}`]),
    ...(lost.length === 0 ? [] : [`${name}: ${format} has no place for ${lost.join(' and ')}: left out`]),
  ];
}
