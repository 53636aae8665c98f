import { AppError } from '../../src/errors.ts';
import type { SizePx } from '../../src/frame.ts';
import { ffprobePath, runChild } from './child.ts';

/**
 * Reads the size of a film's pictures.
 * @param path - of the film
 * @returns pixels
 * @throws {AppError} `FFMPEG_FAILED` if it is not a film, `INPUT_UNSUPPORTED` if it has no pictures
 */
export async function probeSize(path: string): Promise<SizePx> {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'stream=width,height'];
  const { stdout } = await runChild(ffprobePath(), [...args, '-of', 'csv=p=0', path]);
  const [widthPx = 0, heightPx = 0] = stdout.trim().split(',').map(Number);
  if (!(widthPx > 0 && heightPx > 0)) {
    throw new AppError('INPUT_UNSUPPORTED', `${path}: expected a film but ffprobe found no pictures in it`);
  }
  return { widthPx, heightPx };
}
