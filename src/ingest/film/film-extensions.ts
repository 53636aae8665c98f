/** Films that are looked for in folders, lower case. A file that is named may have any name. */
export const filmExtensions: readonly string[] = [
  ...[
    '.mp4',
    '.m4v',
    '.mkv',
    '.mov',
    '.webm',
    '.avi',
    '.mpg',
    '.mpeg',
    '.ts',
    '.m2ts',
    '.mts',
    '.mxf',
    '.wmv',
  ],
  ...['.flv', '.vob', '.dv', '.ogv', '.3gp', '.h264', '.264', '.h265', '.265', '.nut', '.y4m', '.gif'],
];
