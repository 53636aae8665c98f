/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { AppError } from '../../errors.ts';
import { buildArgs } from '../../ingest/ffmpeg/command.ts';
import { startFfmpeg } from '../../ingest/ffmpeg/process.ts';
import type { SizePx, YuvMatrix } from '../../frame.ts';
import { ycbcrToRgb } from '../../model/color/ycbcr.ts';

/** A decoded frame of a clip of limited range, as stored and in colour. */
export interface YuvFrame {
  /** Y' as stored, `[pixels]`, 16..235 */
  readonly luma: Uint8Array;
  /** Interleaved, `[pixels * 3]`, 0..255 */
  readonly rgb: Uint8Array;
}

/** A clip as {@link readYuvFrames} and the measures need it: 8 bit, limited range. */
export interface YuvClip extends SizePx {
  readonly path: string;
  readonly matrix: YuvMatrix;
}

/**
 * Reads a clip's frames one at a time: the decoder waits while the caller works. ffmpeg enlarges chroma accurately, and
 * luma stays as stored.
 * @yields new arrays that the caller owns
 * @throws {AppError} FFMPEG_FAILED if ffmpeg fails; INPUT_DAMAGED if the last frame is cut short
 */
export async function* readYuvFrames(clip: YuvClip, signal: AbortSignal): AsyncGenerator<YuvFrame> {
  const pixels = clip.widthPx * clip.heightPx;
  await using ffmpeg = startFfmpeg({
    name: `reader of ${clip.path}`,
    args: readArgs(clip.path),
    stdout: 'pipe',
    signal,
  });
  let planes = new Uint8Array(3 * pixels);
  let filled = 0;
  for await (const chunk of ffmpeg.stdout as AsyncIterable<Buffer>) {
    for (let read = 0; read < chunk.length;) {
      const take = Math.min(planes.length - filled, chunk.length - read);
      planes.set(chunk.subarray(read, read + take), filled);
      filled += take;
      read += take;
      if (filled < planes.length) continue;
      yield { luma: planes.subarray(0, pixels), rgb: rgbOfPlanes(planes, clip.matrix) };
      planes = new Uint8Array(3 * pixels);
      filled = 0;
    }
  }
  const { code } = await ffmpeg.exited;
  signal.throwIfAborted();
  if (code !== 0) {
    throw new AppError('FFMPEG_FAILED', `${clip.path}: could not be decoded: ${ffmpeg.stderrTail.trim()}`);
  }
  if (filled > 0) {
    throw new AppError(
      'INPUT_DAMAGED',
      `${clip.path}: expected ${planes.length} bytes in each frame but got ${filled} in the last`,
    );
  }
}

/** Interpolates and rounds accurately, so that the conversion does not affect a measure. */
function readArgs(path: string): string[] {
  const filter = 'scale=flags=bicubic+accurate_rnd+full_chroma_inp,format=yuv444p';
  return buildArgs({
    global: [],
    inputs: [{ url: path, options: [] }],
    outputs: [
      {
        url: 'pipe:1',
        options: ['-map', '0:v:0', '-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo'],
      },
    ],
  });
}

/**
 * Y'CbCr of limited range to R'G'B'.
 * @param planes - Y', Cb, Cr one after the other, `[3 * pixels]`; not modified
 * @returns interleaved, `[pixels * 3]`, rounded and clipped to 0..255; a new array the caller owns
 * @see ITU-T H.273, equations 30 to 38
 */
export function rgbOfPlanes(planes: Uint8Array, matrix: YuvMatrix): Uint8Array {
  const pixels = planes.length / 3;
  const rgb = new Uint8ClampedArray(planes.length);
  const color = new Float32Array(3);
  for (let i = 0, p = 0; i < pixels; i++, p += 3) {
    const cb = (planes[pixels + i]! - 128) / 224;
    const cr = (planes[2 * pixels + i]! - 128) / 224;
    ycbcrToRgb((planes[i]! - 16) / 219, cb, cr, matrix, color);
    rgb[p] = 255 * color[0]!;
    rgb[p + 1] = 255 * color[1]!;
    rgb[p + 2] = 255 * color[2]!;
  }
  return new Uint8Array(rgb.buffer);
}

/**
 * The gray picture of a luma plane of limited range.
 * @param luma - `[pixels]`; not modified
 * @returns interleaved R'G'B', `[pixels * 3]`, 0..255; a new array the caller owns
 */
export function grayOfLuma(luma: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(3 * luma.length);
  for (let i = 0, p = 0; i < luma.length; i++, p += 3) rgb.fill(grayLevels[luma[i]!]!, p, p + 3);
  return rgb;
}

/** Full-range levels of Y' of limited range. */
export const grayLevels = Uint8ClampedArray.from({ length: 256 }, (_, luma) => ((luma - 16) * 255) / 219);
