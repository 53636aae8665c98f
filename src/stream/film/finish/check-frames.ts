import { AppError } from '../../../errors.ts';
import { fileUrl } from '../../../ingest/ffmpeg/file-url.ts';
import { runFfprobe } from '../../../ingest/ffmpeg/run-ffprobe.ts';

/**
 * Counts the packets of a finished film's picture, because a muxer that leaves out frames may still end with exit
 * code 0.
 * It reads the file once and decodes nothing.
 * @param path - of the film; its first video stream is counted
 * @param expected - number of frames that it must have
 * @throws {AppError} FFMPEG_FAILED when the number differs, or ffprobe cannot read the film; FFMPEG_MISSING
 */
export async function checkFrames(path: string, expected: number, signal: AbortSignal): Promise<void> {
  const frames = await countFrames(path, signal);
  if (frames === expected) return;
  throw unsound(path, `expected ${expected} frames in the finished film but got ${frames}`);
}

/** Frames of the first video stream that a player shows; an edit list may hide some. */
async function countFrames(path: string, signal: AbortSignal): Promise<number> {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'packet=flags', '-of', 'csv=p=0'];
  const text = await runFfprobe([...args, '-i', fileUrl(path)], {
    signal,
    maxBuffer: 2 ** 28,
    explain: (_, stderr) =>
      unsound(path, `ffprobe can't read the finished film: ${stderr.trim().split('\n').at(-1) ?? ''}`),
  });
  return text.split('\n').filter((flags) => flags !== '' && !flags.includes('D')).length;
}

function unsound(path: string, what: string): AppError {
  return new AppError('FFMPEG_FAILED', `${path}: ${what}`, {
    cure: 'the segments are kept: repeat the command, perhaps with another container (.mkv takes most), and report this',
  });
}
