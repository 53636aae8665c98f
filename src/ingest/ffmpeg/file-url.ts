import { resolve } from 'node:path';

/**
 * Turns a path into a `file:` URL for ffmpeg, so that ffmpeg never reads a name such as `12:30.mp4` or `-x.mp4` as a
 * protocol or an option.
 */
export function fileUrl(path: string): string {
  return `file:${resolve(path)}`;
}
