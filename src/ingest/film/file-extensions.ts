/** Extensions of pictures that are coloured one by one; lower case. */
export const pictureExtensions: readonly string[] = ['.jpg', '.jpeg', '.png', '.tif', '.tiff', '.webp'];

/** Extensions of the pictures in a numbered sequence; lower case. */
export const sequenceExtensions: readonly string[] = [...pictureExtensions, '.dpx', '.bmp', '.pgm'];

/**
 * Extensions of films that are searched for in folders; lower case. A file that the user names may have any
 * extension.
 */
export const filmExtensions: readonly string[] =
  '.mp4 .m4v .mkv .mov .webm .avi .mpg .mpeg .ts .m2ts .mts .mxf .wmv .flv .vob .dv .ogv .3gp .h264 .264 .h265 .265 .nut .y4m .gif'.split(
    ' ',
  );
