/** Pictures that are coloured one by one; lower case. */
export const pictureExtensions: readonly string[] = ['.jpg', '.jpeg', '.png', '.tif', '.tiff', '.webp'];

/** Pictures that a numbered sequence may consist of; lower case. */
export const sequenceExtensions: readonly string[] = [...pictureExtensions, '.dpx', '.bmp', '.pgm'];

/** Films that are looked for in folders; lower case. A file that is named may have any name. */
export const filmExtensions: readonly string[] =
  '.mp4 .m4v .mkv .mov .webm .avi .mpg .mpeg .ts .m2ts .mts .mxf .wmv .flv .vob .dv .ogv .3gp .h264 .264 .h265 .265 .nut .y4m .gif'.split(
    ' ',
  );
