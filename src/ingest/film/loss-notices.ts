/** Parts of a picture that no output of this program can keep. */
import type { ProbedFrame, ProbedStream } from './ffprobe.ts';

const captions = /closed captions/i;
const activeFormat = /active format|AFD/i;
/** Video codecs that have pixel formats with transparency. */
const alphaFormat = /^(?:yuva|rgba|bgra|argb|abgr|gbrap|ya\d)/;

/**
 * Notices about what will be lost, because the picture is encoded again from its samples.
 * @param frames - the first frames; what starts later is not found
 */
export function lossNotices(stream: ProbedStream, frames: readonly ProbedFrame[]): string[] {
  const kinds = frames.flatMap(({ side_data_list: list = [] }) =>
    list.map(({ side_data_type: type = '' }) => type),
  );
  const hasCaptions = stream.closed_captions === 1 || kinds.some((kind) => captions.test(kind));
  const isTransparent = alphaFormat.test(stream.pix_fmt ?? '') || stream.tags?.['alpha_mode'] === '1';
  return [
    ...(hasCaptions
      ? [
          'the closed captions inside its picture (CEA-608/708) are lost; keep them in a separate file with ccextractor',
        ]
      : []),
    ...(kinds.some((kind) => activeFormat.test(kind))
      ? ['its active format description (AFD) is lost: players show the whole picture']
      : []),
    ...(isTransparent
      ? [
          'its transparency is lost: the film becomes opaque, and transparent pixels show their own brightness',
        ]
      : []),
  ];
}
