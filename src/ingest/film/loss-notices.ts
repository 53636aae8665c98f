/** What a picture carries besides its luma that no output of this program can keep. */
import type { ProbedFrame, ProbedStream } from './ffprobe.ts';

const captions = /closed captions/i;
const activeFormat = /active format|AFD/i;
/** Codecs of films whose frames may be transparent in a pixel format of their own. */
const alphaFormat = /^(?:yuva|rgba|bgra|argb|abgr|gbrap|ya\d)/;

/**
 * Notices, before work starts, about what is lost because the picture is encoded anew from its samples.
 * @param frames - the first ones: what begins later is not seen
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
          'the closed captions inside its picture (CEA-608/708) are lost; keep them in a file of their own with ccextractor',
        ]
      : []),
    ...(kinds.some((kind) => activeFormat.test(kind))
      ? ['its active format description (AFD) is lost: players show the whole picture']
      : []),
    ...(isTransparent
      ? [
          'its transparency is lost: the film becomes opaque, and what is transparent shows its own brightness',
        ]
      : []),
  ];
}
