import { buffer as bytesOf } from 'node:stream/consumers';
import sharp from 'sharp';
import { AppError } from '../../../errors.ts';
import { buildArgs } from '../../../ingest/ffmpeg/command.ts';
import { startFfmpeg } from '../../../ingest/ffmpeg/process.ts';
import { pixelFormatName } from '../../../ingest/nut/raw-tags.ts';
import { markOf, syntheticXmp } from '../../synthetic-mark.ts';
import type { SteadyFrame } from '../film-frame.ts';
import type { FilmPlan } from '../plan/film-plan.ts';
import type { FilmResources } from '../film-resources.ts';
import { encodeAs } from '../still/encode-image.ts';
import { imageFormatOf } from '../still/image-format.ts';

/** By how many degrees a player rotates the picture clockwise. */
const turns = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] } as const;

/**
 * Turns a frame of a film into an upright R'G'B' picture, with the film's own matrix.
 * @param output - its extension defines the format
 */
export async function encodePreview(
  frame: SteadyFrame,
  plan: FilmPlan,
  output: string,
  { colorizer, signal }: FilmResources,
): Promise<Uint8Array> {
  await using ffmpeg = startFfmpeg({
    name: 'encoder of the frame',
    args: previewArgs(plan),
    stdin: 'pipe',
    stdout: 'pipe',
    signal,
  });
  ffmpeg.stdin.end(Buffer.from(frame.buffer.frame));
  const png = await bytesOf(ffmpeg.stdout);
  const { code } = await ffmpeg.exited;
  if (code !== 0)
    throw new AppError(
      'FFMPEG_FAILED',
      `${output}: the frame could not be encoded: ${ffmpeg.stderrTail.trim()}`,
    );
  const opened = sharp(png);
  const picture = frame.scene.isOwn ? opened : opened.withXmp(syntheticXmp(markOf(colorizer.credit)));
  return await encodeAs(picture, imageFormatOf(output), { isDeep: plan.layout.bitDepth > 8 });
}

function previewArgs({ layout, matrix, source }: FilmPlan): string[] {
  const range = layout.range === 'full' ? 'pc' : 'tv';
  const colors = `in_color_matrix=${matrix === 'bt2020' ? 'bt2020' : matrix}:in_range=${range}:out_range=pc`;
  const filters = [
    `scale=${colors}:flags=accurate_rnd+full_chroma_int`,
    `format=${layout.bitDepth > 8 ? 'rgb48be' : 'rgb24'}`,
    ...turns[source.video.rotationDegrees],
  ];
  return buildArgs({
    global: [],
    inputs: [
      {
        url: 'pipe:0',
        options: [
          ...['-f', 'rawvideo', '-video_size', `${layout.widthPx}x${layout.heightPx}`],
          ...['-pixel_format', pixelFormatName(layout.chroma, layout.bitDepth)],
        ],
      },
    ],
    outputs: [
      {
        url: 'pipe:1',
        options: ['-frames:v', '1', '-vf', filters.join(','), '-c:v', 'png', '-f', 'image2pipe'],
      },
    ],
  });
}
