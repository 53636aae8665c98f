import { spawn } from 'node:child_process';
import { AppError } from '../../src/errors.ts';
import type { SizePx } from '../../src/frame.ts';
import { ffmpegPath, ffprobePath, runChild } from './child.ts';

/**
 * Reads a film's frames as RGB, one at a time: the decoder waits while the caller works.
 * @param path - of the film
 * @param size - of its pictures, pixels ({@link probeSize})
 * @yields interleaved RGB, `[height * width * 3]`; a new array each, the caller owns it
 * @throws {AppError} `FFMPEG_FAILED` when ffmpeg fails, `INPUT_DAMAGED` when the last frame is cut short
 */
export async function* readRgbFrames(path: string, size: SizePx): AsyncGenerator<Uint8Array> {
  const frameBytes = size.widthPx * size.heightPx * 3;
  const child = spawn(ffmpegPath(), rgbArgs(path), { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderrTail = '';
  child.stderr.on('data', (bytes: Buffer) => (stderrTail = (stderrTail + bytes.toString()).slice(-4096)));
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', (cause) => {
      stderrTail += cause.message;
      resolve(-1);
    });
    child.on('close', resolve);
  });
  try {
    let frame = new Uint8Array(frameBytes);
    let filled = 0;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      for (let read = 0; read < chunk.length;) {
        const take = Math.min(frameBytes - filled, chunk.length - read);
        frame.set(chunk.subarray(read, read + take), filled);
        filled += take;
        read += take;
        if (filled < frameBytes) continue;
        yield frame;
        frame = new Uint8Array(frameBytes);
        filled = 0;
      }
    }
    if ((await ended) !== 0) {
      throw new AppError('FFMPEG_FAILED', `${path}: ffmpeg could not decode it: ${stderrTail.trim()}`);
    }
    if (filled > 0) {
      throw new AppError(
        'INPUT_DAMAGED',
        `${path}: expected ${frameBytes} bytes in each frame but got ${filled} in the last`,
      );
    }
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

/**
 * Asks for the size of a film's pictures.
 * @param path - of the film
 * @returns pixels
 * @throws {AppError} `FFMPEG_FAILED` when it is no film, `INPUT_UNSUPPORTED` when it has no pictures
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

/** Chroma is interpolated and rounded with care: a measure must not see the converter. */
function rgbArgs(path: string): string[] {
  const filter = 'scale=flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24';
  const input = ['-v', 'error', '-nostdin', '-i', path, '-map', '0:v:0', '-vf', filter];
  return [...input, '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1'];
}
