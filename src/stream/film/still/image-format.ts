import { extname } from 'node:path';
import { AppError } from '../../../errors.ts';
import { pictureExtensions } from '../../../ingest/film/file-extensions.ts';

/** Formats that pictures are written in. */
export type ImageFormat = 'jpeg' | 'png' | 'tiff' | 'webp';

const formatOf: Readonly<Record<string, ImageFormat>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.png': 'png',
  '.tif': 'tiff',
  '.tiff': 'tiff',
  '.webp': 'webp',
};

/** Whether a path names one picture: by its extension, and no pattern of numbered ones (`frame_%04d.png`). */
export function isPicturePath(path: string): boolean {
  return !/%\d*d/.test(path) && pictureExtensions.includes(extname(path).toLowerCase());
}

/**
 * The format that an output's name asks for.
 * @throws {AppError} USAGE for another extension
 */
export function imageFormatOf(output: string): ImageFormat {
  const extension = extname(output).toLowerCase();
  const format = formatOf[extension];
  if (format !== undefined) return format;
  throw new AppError(
    'USAGE',
    `-o ${output}: expected ${pictureExtensions.join(', ')} for a picture but got "${extension}"`,
  );
}
