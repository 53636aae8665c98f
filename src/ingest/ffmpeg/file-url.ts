import { resolve } from 'node:path';

/** A file as ffmpeg is told of it: a name like `12:30.mp4` or `-x.mp4` is never taken for a protocol or an option. */
export function fileUrl(path: string): string {
  return `file:${resolve(path)}`;
}
