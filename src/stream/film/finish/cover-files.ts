/** Extracts covers from a source. */
import { join } from 'node:path';
import { AppError } from '../../../errors.ts';
import { fileUrl } from '../../../ingest/ffmpeg/file-url.ts';
import { runFfmpeg } from '../../../ingest/ffmpeg/process.ts';
import type { SourceInput } from '../../../ingest/film/source-input.ts';
import { coverExtension, type CoverFile } from './covers.ts';
import type { CarryPlan } from './plan-carry.ts';

/**
 * Extracts the covers that will be attached, byte by byte.
 * @param folder - for the files
 * @throws {AppError} FFMPEG_FAILED
 */
export async function coverFiles(
  { options, url, name }: SourceInput,
  carry: readonly CarryPlan[],
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<CoverFile[]> {
  const files: CoverFile[] = [];
  for (const { stream, action } of carry) {
    if (action !== 'attach') continue;
    const path = join(folder, `cover-${stream.index}.${coverExtension(stream)}`);
    const { code, stderrTail } = await runFfmpeg({
      name: `cover of ${name}`,
      signal,
      args: [
        ...['-y', ...options, '-i', url, '-map', `0:${stream.index}`, '-c', 'copy', '-frames:v', '1'],
        ...['-f', 'image2', '-update', '1', fileUrl(path)],
      ],
    });
    if (code !== 0)
      throw new AppError('FFMPEG_FAILED', `${name}: its cover can't be read: ${stderrTail.trim()}`, {
        cure: 'name an mp4 as the output, or remove the cover from the source',
      });
    files.push({ stream, path });
  }
  return files;
}
