import { extname } from 'node:path';

/** Extensions of pictures that are coloured one by one, and written in the same format; lower case. */
export const pictureExtensions: readonly string[] = ['.jpg', '.jpeg', '.png', '.tif', '.tiff', '.webp'];

/** Extensions of pictures that are coloured one by one, and written as PNG; lower case. */
export const convertedExtensions: readonly string[] =
  '.bmp .dib .tga .pgm .ppm .pnm .pbm .pam .pcx .sgi .ras .sun .xbm .xpm .qoi .dpx .jp2 .j2k .j2c .jpx .jxl .psd .avif .heic .heif'.split(
    ' ',
  );

/** Whether a path has the extension of a picture that is written as PNG. */
export function isConverted(path: string): boolean {
  return convertedExtensions.includes(extname(path).toLowerCase());
}

/** Extensions of the pictures in a numbered sequence; lower case. */
export const sequenceExtensions: readonly string[] = [...pictureExtensions, '.dpx', '.bmp', '.pgm'];

/**
 * Extensions of films that are searched for in folders; lower case. A file that the user names may have any
 * extension.
 */
export const filmExtensions: readonly string[] =
  '.mp4 .m4v .mkv .mov .webm .avi .mpg .mpeg .ts .m2ts .mts .mxf .wmv .flv .vob .dv .ogv .3gp .h264 .264 .h265 .265 .nut .y4m .gif .apng'.split(
    ' ',
  );
