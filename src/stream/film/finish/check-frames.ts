import { execFile } from 'node:child_process';
import { AppError } from '../../../errors.ts';
import { fileUrl } from '../../../ingest/ffmpeg/file-url.ts';
import { ffprobePath } from '../../../ingest/ffmpeg/binaries.ts';
import { childEnvironment } from '../../../ingest/ffmpeg/child-environment.ts';

/**
 * Counts the packets of a finished film's picture: a muxer that leaves frames out may well end with exit code 0.
 * Reads the file once and decodes nothing.
 * @param path - of the film; its first video stream is counted
 * @param expected - frames that it must have
 * @throws {AppError} FFMPEG_FAILED when there are fewer or more, or ffprobe can't read the film; FFMPEG_MISSING
 */
export async function checkFrames(path: string, expected: number, signal: AbortSignal): Promise<void> {
  const frames = await countFrames(path, signal);
  if (frames === expected) return;
  throw unsound(path, `expected ${expected} frames in the finished film but ${frames} are there`);
}

/** Frames of the first video stream that a player shows: an edit list may hide some. */
async function countFrames(path: string, signal: AbortSignal): Promise<number> {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'packet=flags', '-of', 'csv=p=0'];
  const text = await new Promise<string>((resolve, reject) => {
    execFile(
      ffprobePath(),
      [...args, '-i', fileUrl(path)],
      { maxBuffer: 2 ** 28, env: childEnvironment(), signal },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(signal.aborted ? (signal.reason as Error) : failure(path, error, stderr));
      },
    );
  });
  return text.split('\n').filter((flags) => flags !== '' && !flags.includes('D')).length;
}

function failure(path: string, error: Error, stderr: string): AppError {
  if ('code' in error && (error.code === 'ENOENT' || error.code === 'EACCES')) {
    return new AppError('FFMPEG_MISSING', `could not start "${ffprobePath()}" (${error.message})`, {
      cure: 'install ffmpeg 5.1 or newer (Debian: apt-get install ffmpeg), or name it by FFPROBE_PATH',
      cause: error,
    });
  }
  return unsound(path, `ffprobe can't read the finished film: ${stderr.trim().split('\n').at(-1) ?? ''}`);
}

function unsound(path: string, what: string): AppError {
  return new AppError('FFMPEG_FAILED', `${path}: ${what}`, {
    cure: 'the segments are kept: repeat the command, perhaps with another container (.mkv takes most), and report this',
  });
}
