import { extname } from 'node:path';
import { AppError } from '../../../errors.ts';
import { convertedExtensions, pictureExtensions } from '../../../ingest/film/file-extensions.ts';

/** The formats in which pictures are written. */
export type ImageFormat = 'jpeg' | 'png' | 'tiff' | 'webp';

const formatOf: Readonly<Record<string, ImageFormat>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.png': 'png',
  '.tif': 'tiff',
  '.tiff': 'tiff',
  '.webp': 'webp',
};

/** Formats that can hold several pictures. */
const formatsOfPages: readonly ImageFormat[] = ['tiff', 'webp'];

/**
 * Whether a path names one picture, by its extension. A pattern of numbered pictures (`frame_%04d.png`) does not count.
 */
export function isPicturePath(path: string): boolean {
  const extension = extname(path).toLowerCase();
  return !/%\d*d/.test(path) && [...pictureExtensions, ...convertedExtensions].includes(extension);
}

/** Whether a path names a picture that can be written. */
export function isWritablePicture(path: string): boolean {
  return !/%\d*d/.test(path) && extname(path).toLowerCase() in formatOf;
}

/**
 * Returns the format from an output's name.
 * @throws {AppError} USAGE for another extension
 */
export function imageFormatOf(output: string): ImageFormat {
  const extension = extname(output).toLowerCase();
  const format = formatOf[extension];
  if (format !== undefined) return format;
  throw new AppError(
    'USAGE',
    `-o ${output}: expected ${pictureExtensions.join(', ')} for a picture but got "${extension}"`,
    { cure: 'name the output .png, which keeps every sample' },
  );
}

/** Returns the format that a picture keeps, or PNG if its own cannot be written. */
export function formatLike(format: string): ImageFormat {
  return format === 'jpeg' || format === 'tiff' || format === 'webp' ? format : 'png';
}

/** What the format of a picture must be able to store. */
export interface FormatNeeds {
  readonly name: string;
  readonly pages: number;
  readonly hasAlpha: boolean;
}

/**
 * Refuses a format that would lose transparency or pages.
 * @throws {AppError} USAGE
 */
export function checkFormat(format: ImageFormat, { name, pages, hasAlpha }: FormatNeeds): void {
  if (hasAlpha && format === 'jpeg') {
    throw new AppError('USAGE', `${name}: expected a format with transparency but got JPEG, which has none`, {
      cure: 'name the output .png, .webp or .tif, or remove the transparency first',
    });
  }
  if (pages > 1 && !formatsOfPages.includes(format)) {
    throw new AppError(
      'USAGE',
      `${name}: expected a format for its ${pages} pictures but got ${format}, which holds one`,
      { cure: 'name the output .webp (an animation) or .tif (pages)' },
    );
  }
}
