import { buildArgs } from '../../../ingest/ffmpeg/command.ts';
import type { SizePx } from '../../../frame.ts';
import type { SourceInfo, VideoInfo } from '../../../ingest/film/source-info.ts';
import type { SourceInput } from '../../../ingest/film/source-input.ts';

/** Pictures to take from a film. */
export interface FilmFramesRequest {
  readonly input: SourceInput;
  readonly source: SourceInfo;
  /** short side of the pictures, pixels; smaller films are not enlarged */
  readonly shortSidePx: number;
  /** at most */
  readonly count: number;
  /** an existing folder */
  readonly dir: string;
}

/** Pictures per second from the start of a film of unknown length. */
const rateOfUnknown = 1;
/** If pictures are this far apart, ffmpeg decodes only keyframes. */
const keyframesFromS = 10;

const upright: Readonly<Record<VideoInfo['rotationDegrees'], readonly string[]>> = {
  0: [],
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
};

/** Pictures per second to take evenly from a film; never more than it has. */
export function sampleRate({ video, durationS }: SourceInfo, count: number): number {
  const seconds = video.durationS ?? durationS ?? 0;
  const own = video.averageFrameRate ? video.averageFrameRate.num / video.averageFrameRate.den : Infinity;
  return Math.min(own, seconds > 0 ? count / seconds : rateOfUnknown);
}

/**
 * Arguments for an ffmpeg that takes pictures from a film. It writes numbered PNG files from `00001.png`: sRGB by the
 * film's own matrix and range, upright, with square pixels, and one field of an interlaced film.
 */
export function filmFrameArgs(request: FilmFramesRequest): string[] {
  const { input, source, count, dir } = request;
  const rate = sampleRate(source, count);
  const isSparse = rate * keyframesFromS <= 1;
  return buildArgs({
    global: ['-y', '-noautorotate'],
    inputs: [{ url: input.url, options: [...(isSparse ? ['-skip_frame', 'nokey'] : []), ...input.options] }],
    outputs: [
      {
        url: `${dir}/%05d.png`,
        options: [
          ...[
            '-map',
            `0:${source.video.index}`,
            '-an',
            '-sn',
            '-dn',
            '-vf',
            filters(request, rate).join(','),
          ],
          ...['-frames:v', String(count), '-f', 'image2', '-c:v', 'png', '-compression_level', '1'],
        ],
      },
    ],
  });
}

function filters({ source: { video }, shortSidePx }: FilmFramesRequest, rate: number): string[] {
  const { widthPx, heightPx } = scaledSize(video, shortSidePx);
  const range = video.range === 'full' ? 'full' : 'limited';
  return [
    `fps=${rate.toFixed(9)}:start_time=0`,
    ...(video.fieldOrder === 'progressive' ? [] : ['field=top']),
    `scale=${widthPx}:${heightPx}:flags=area+accurate_rnd+full_chroma_int` +
      (video.luma.isRgb ? '' : `:in_color_matrix=${video.matrix}:in_range=${range}`),
    'format=rgb24',
    ...upright[video.rotationDegrees],
  ];
}

/** The size of the picture before it is turned upright. Its short side is never longer than that of the film. */
function scaledSize({ widthPx, heightPx, sampleAspect }: VideoInfo, shortSidePx: number): SizePx {
  const shownWidth = widthPx * (sampleAspect ? sampleAspect.num / sampleAspect.den : 1);
  const scale = Math.min(1, shortSidePx / Math.min(shownWidth, heightPx));
  return { widthPx: Math.round(shownWidth * scale), heightPx: Math.round(heightPx * scale) };
}
