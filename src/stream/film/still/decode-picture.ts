import { extname } from 'node:path';
import { buffer as bytesOf } from 'node:stream/consumers';
import { AppError } from '../../../errors.ts';
import { buildArgs } from '../../../ingest/ffmpeg/command.ts';
import { fileUrl } from '../../../ingest/ffmpeg/file-url.ts';
import { startFfmpeg } from '../../../ingest/ffmpeg/process.ts';
import { oneFileOptions } from '../../../ingest/film/film-formats.ts';

/** ffmpeg recognizes a TGA only by its name, because it has no signature. */
const formatOptions: Readonly<Record<string, readonly string[]>> = {
  '.tga': ['-f', 'image2', '-pattern_type', 'none', '-protocol_whitelist', 'file', '-c:v', 'targa'],
};

/**
 * Decodes a picture that sharp cannot read (BMP, TGA, PGM, JPEG 2000 ...) with ffmpeg.
 * @param path - of the file
 * @returns a PNG with the same samples
 * @throws {AppError} INPUT_UNSUPPORTED when ffmpeg cannot read it either
 */
export async function decodePicture(path: string): Promise<Uint8Array> {
  const { signal } = new AbortController();
  const options = formatOptions[extname(path).toLowerCase()] ?? oneFileOptions;
  const args = buildArgs({
    global: [],
    inputs: [{ url: fileUrl(path), options: [...options] }],
    outputs: [{ url: 'pipe:1', options: ['-frames:v', '1', '-c:v', 'png', '-f', 'image2pipe'] }],
  });
  await using ffmpeg = startFfmpeg({ name: `decoder of ${path}`, args, stdout: 'pipe', signal });
  const bytes = await bytesOf(ffmpeg.stdout);
  const { code } = await ffmpeg.exited;
  if (code === 0 && bytes.length > 0) return bytes;
  const reason =
    ffmpeg.stderrTail
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^\[[^\]]*\] /, '') ?? '';
  throw new AppError(
    'INPUT_UNSUPPORTED',
    `${path}: expected a picture that can be read but ffmpeg says: ${reason}`,
    { cure: 'open it in an image editor and save it again as PNG or TIFF' },
  );
}
