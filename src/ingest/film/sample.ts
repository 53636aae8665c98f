import { buffer as bytesOf, text as textOf } from 'node:stream/consumers';
import { buildArgs, type CommandOutput } from '../ffmpeg/command.ts';
import { saturationKey, saturationsOf } from '../ffmpeg/saturation.ts';
import { startFfmpeg } from '../ffmpeg/process.ts';
import { lumaBytes } from '../../frame.ts';
import type { SourceInfo } from './source-info.ts';
import type { SourceInput } from './source-input.ts';

/** Number of frames from which a film's black bars are found. */
const samples = 12;
/**
 * Pixels that the decoders of one ffmpeg hold, one frame each. One more process costs more than one more decoder in
 * it.
 */
const pixelsAtOnce = 4 * 1920 * 1080;
const decoderThreads = ['-threads', '2'];

/**
 * Reads luma planes from all over a film by seeking, which is cheap and enough to find its black bars.
 * @returns up to 12 planes, `[h * w]` samples each, owned by the caller; fewer if some cannot be read
 */
export async function sampleLuma(
  input: SourceInput,
  source: SourceInfo,
  signal: AbortSignal,
): Promise<{ plane: Uint8Array | Uint16Array }[]> {
  const durationS = source.video.durationS ?? source.durationS ?? 0;
  const count = durationS === 0 ? 1 : samples;
  const moments = Array.from({ length: count }, (_, i) => (durationS * (i + 0.5)) / samples);
  const { widthPx, heightPx } = source.video;
  const momentsAtOnce = Math.min(samples, Math.max(1, Math.floor(pixelsAtOnce / (widthPx * heightPx))));
  const planes: { plane: Uint8Array | Uint16Array }[] = [];
  for (let i = 0; i < count; i += momentsAtOnce) {
    const read = await readPlanes(input, source, moments.slice(i, i + momentsAtOnce), signal);
    planes.push(...read.map((plane) => ({ plane })));
  }
  return planes;
}

async function readPlanes(
  input: SourceInput,
  { video }: SourceInfo,
  moments: readonly number[],
  signal: AbortSignal,
): Promise<(Uint8Array | Uint16Array)[]> {
  const filters = ['-vf', video.luma.filters.join(','), '-f', 'rawvideo'];
  const args = argsAt(input, video, moments, (i) => ({ url: `pipe:${fdOf(i)}`, options: filters }));
  await using ffmpeg = startFfmpeg({
    name: `sampling ${input.name}`,
    args,
    signal,
    stdout: 'pipe',
    extraOutputs: moments.length - 1,
  });
  const pipes = moments.map((_, i) => (i === 0 ? ffmpeg.stdout : ffmpeg.extraOutput(fdOf(i))));
  const frames = await Promise.all(pipes.map((pipe) => bytesOf(pipe)));
  await ffmpeg.exited;
  signal.throwIfAborted();
  return frames
    .filter((frame) => frame.length === lumaBytes(video))
    .map((frame) => (video.bitDepth > 8 ? new Uint16Array(Uint8Array.from(frame).buffer) : frame));
}

/** Standard output, and then the pipes after the log. */
function fdOf(index: number): number {
  return index === 0 ? 1 : index + 2;
}

/** One frame at each of some moments of a film, seconds. */
function argsAt(
  input: SourceInput,
  { index }: SourceInfo['video'],
  moments: readonly number[],
  outputOf: (moment: number) => CommandOutput,
): string[] {
  return buildArgs({
    global: ['-noautorotate'],
    inputs: moments.map((atS) => {
      return { url: input.url, options: ['-ss', atS.toFixed(3), ...decoderThreads, ...input.options] };
    }),
    outputs: moments.map((_, i) => {
      const { url, options } = outputOf(i);
      return { url, options: ['-map', `${i}:${index}`, '-frames:v', '1', ...options] };
    }),
  });
}

/** If the mean saturation (0..181) is above this, a film counts as colour; tinted prints and noise lie below it. */
const colorSaturation = 4;

/** Says whether a film has colour of its own, from three of its frames. */
export async function hasColor(
  input: SourceInput,
  { video, durationS }: SourceInfo,
  signal: AbortSignal,
): Promise<boolean> {
  if (video.luma.isGray) return false;
  const moments = [0.2, 0.5, 0.8].map((part) => (video.durationS ?? durationS ?? 0) * part);
  const print = `metadata=print:key=${saturationKey}:file=-`;
  const filters = ['-vf', `scale=160:120,format=yuv444p,signalstats,${print}`, '-f', 'null'];
  const args = argsAt(input, video, moments, () => ({ url: '-', options: filters }));
  await using ffmpeg = startFfmpeg({ name: `looking at ${input.name}`, args, stdout: 'pipe', signal });
  const text = await textOf(ffmpeg.stdout);
  await ffmpeg.exited;
  signal.throwIfAborted();
  return saturationsOf(text).some((mean) => mean > colorSaturation);
}
