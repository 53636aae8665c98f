import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ffmpegPath } from '../../../../ingest/ffmpeg/binaries.ts';
import { childEnvironment } from '../../../../ingest/ffmpeg/child-environment.ts';
import { guarded } from '../../../../ingest/ffmpeg/process.ts';

/** Without these options ffmpeg reads about twenty pictures before it trusts the header: 1.3 s at 15 fps. */
const inputOptions = ['-f', 'nut', '-probesize', '32', '-analyzeduration', '0', '-fpsprobesize', '0'];

/**
 * Writes a program that is ffmpeg with what `node-rtsp-stream` has no place for: options before `-i`, an environment
 * without our passwords, and that the kernel kills it when we die.
 * @param folder - private to us
 * @returns its path; on Windows that of ffmpeg itself
 */
export async function writeBridgeCommand(folder: string): Promise<string> {
  if (process.platform === 'win32') return ffmpegPath();
  const [command, args] = guarded(ffmpegPath(), inputOptions);
  const variables = Object.entries(childEnvironment()).map(([name, value]) => `${name}=${value ?? ''}`);
  const words = ['env', '-i', ...variables, command, ...args].map(
    (word) => `'${word.replaceAll("'", "'\\''")}'`,
  );
  const path = join(folder, 'ffmpeg');
  await writeFile(path, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o700 });
  return path;
}
