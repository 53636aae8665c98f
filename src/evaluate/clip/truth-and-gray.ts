import { AppError } from '../../errors.ts';
import { buildArgs } from '../../ingest/ffmpeg/command.ts';
import { runFfmpeg } from '../../ingest/ffmpeg/process.ts';
import type { SizePx, YuvMatrix } from '../../frame.ts';
import type { SourceInfo, VideoInfo } from '../../ingest/film/source-info.ts';
import type { SourceInput } from '../../ingest/film/source-input.ts';
import type { YuvClip } from './yuv-frames.ts';

export interface TruthOptions {
  /** Number of frames from the clip's beginning; default: all */
  readonly frames?: number | undefined;
  /** Maximum width, pixels; wider clips are shrunk. */
  readonly widthPx: number;
  readonly signal: AbortSignal;
}

/** ffmpeg's names of the matrices. */
export const matrixTags: Readonly<Record<YuvMatrix, string>> = {
  bt601: 'smpte170m',
  bt709: 'bt709',
  bt2020: 'bt2020nc',
};

/**
 * Makes the truth of a colour clip (8 bit 4:2:0, limited range, FFV1) and its gray version: the same luma samples
 * without chroma. Both are tagged with matrix and range.
 * @param source - as probed
 * @param files - where to write them; overwritten
 * @returns the truth's size and matrix
 * @throws {AppError} INPUT_DAMAGED if the clip cannot be decoded
 */
export async function makeTruthAndGray(
  { input, source }: { readonly input: SourceInput; readonly source: SourceInfo },
  files: { readonly truth: string; readonly gray: string },
  options: TruthOptions,
): Promise<YuvClip> {
  const { video } = source;
  const size = truthSize(video, options.widthPx);
  const { code, stderrTail } = await runFfmpeg({
    name: `truth of ${source.name}`,
    role: 'encoder',
    signal: options.signal,
    args: buildArgs({
      global: ['-y', '-filter_complex', truthGraph(video, size)],
      inputs: [{ url: input.url, options: input.options }],
      outputs: [
        { url: files.truth, options: encodeOptions('[truth]', video, options) },
        { url: files.gray, options: encodeOptions('[gray]', video, options) },
      ],
    }),
  });
  if (code !== 0) {
    throw new AppError(
      'INPUT_DAMAGED',
      `${source.name}: could not be decoded: ${stderrTail.trim().split('\n').at(-1) ?? ''}`,
      { cure: 'see what ffmpeg says: ffmpeg -i FILE -f null -', details: { stderr: stderrTail } },
    );
  }
  return { path: files.truth, ...size, matrix: video.matrix };
}

/** The size for measuring: rotated as displayed, at most `widthPx` wide, with an even number of rows. */
export function truthSize(
  { widthPx, heightPx, rotationDegrees }: Pick<VideoInfo, 'widthPx' | 'heightPx' | 'rotationDegrees'>,
  mostWidthPx: number,
): SizePx {
  const isTurned = rotationDegrees % 180 !== 0;
  const shown = isTurned ? { width: heightPx, height: widthPx } : { width: widthPx, height: heightPx };
  const width = Math.min(mostWidthPx, shown.width);
  return { widthPx: width, heightPx: Math.max(2, 2 * Math.round((shown.height * width) / shown.width / 2)) };
}

function truthGraph(video: VideoInfo, size: SizePx): string {
  const matrix = matrixTags[video.matrix];
  // Only R'G'B' needs a matrix to convert; Y'CbCr keeps its own.
  const toYuv = video.luma.isRgb ? `:out_color_matrix=${matrix}` : '';
  const filters = [
    ...(video.fieldOrder === 'progressive' ? [] : ['bwdif=mode=send_frame']),
    `scale=${size.widthPx}:${size.heightPx}:flags=area+accurate_rnd:out_range=tv${toYuv}`,
    'format=yuv420p',
    `setparams=field_mode=prog:range=tv:colorspace=${matrix}`,
  ];
  return `[0:${video.index}]${filters.join(',')},split[truth][copy];[copy]extractplanes=y[gray]`;
}

function encodeOptions(label: string, video: VideoInfo, { frames }: TruthOptions): string[] {
  return [
    ...['-map', label, '-fps_mode', 'passthrough', '-c:v', 'ffv1', '-color_range', 'tv'],
    ...['-colorspace', matrixTags[video.matrix]],
    ...(frames === undefined ? [] : ['-frames:v', String(frames)]),
  ];
}
