/** How a film's cover stays a cover in each container. */
import { fileUrl } from '../../../ingest/ffmpeg/file-url.ts';
import type { OtherStream } from '../../../ingest/film/source-info.ts';
import type { Container } from '../encode/encoders.ts';

/** A cover that was extracted from the source, for a container that keeps covers as attached files. */
export interface CoverFile {
  readonly stream: OtherStream;
  readonly path: string;
}

/** Extensions of cover files by ffmpeg's codec. */
const extensions: Readonly<Record<string, string>> = {
  mjpeg: 'jpg',
  png: 'png',
  bmp: 'bmp',
  gif: 'gif',
  webp: 'webp',
};
const mp4Covers: readonly string[] = ['mjpeg', 'png', 'bmp'];

/**
 * What happens to a cover. ffmpeg's Matroska muxer would turn a copied cover into a picture track, so it is attached as
 * a file.
 */
export function coverAction({ codec }: OtherStream, container: Container): 'copy' | 'attach' | 'drop' {
  if (container === 'mkv') return codec in extensions ? 'attach' : 'drop';
  return container !== 'webm' && mp4Covers.includes(codec) ? 'copy' : 'drop';
}

/** `jpg`, `png` and so on. */
export function coverExtension({ codec }: OtherStream): string {
  return extensions[codec] ?? 'jpg';
}

/**
 * The arguments that attach a cover's file to a Matroska film, under the name that players expect.
 * @param number - its index among the attachments, from 0
 * @param isFirst - whether it is the film's first cover
 */
export function attachArgs({ stream, path }: CoverFile, number: number, isFirst: boolean): string[] {
  const extension = coverExtension(stream);
  const mimeType = `image/${extension === 'jpg' ? 'jpeg' : extension}`;
  const name = isFirst ? `cover.${extension}` : `cover${number}.${extension}`;
  return [
    ...['-attach', fileUrl(path)],
    ...[`-metadata:s:t:${number}`, `mimetype=${mimeType}`, `-metadata:s:t:${number}`, `filename=${name}`],
  ];
}
