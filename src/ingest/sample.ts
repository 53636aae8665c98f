import { text as textOf } from 'node:stream/consumers';
import { buildArgs } from '../ffmpeg/command.ts';
import { startFfmpeg } from '../ffmpeg/process.ts';
import { lumaBytes } from '../frame.ts';
import type { SourceInfo } from './source-info.ts';
import type { SourceInput } from './source-input.ts';

/** Frames that tell a film's black bars. */
const samples = 12;

/**
 * Reads luma planes spread over a film, by seeking: cheap, and enough to see its black bars.
 * @returns up to 12 planes, `[h * w]` samples each, the caller's; fewer where a place can't be read
 */
export async function sampleLuma(
  input: SourceInput,
  source: SourceInfo,
  signal: AbortSignal,
): Promise<{ plane: Uint8Array | Uint16Array }[]> {
  const durationS = source.video.durationS ?? source.durationS ?? 0;
  const planes: { plane: Uint8Array | Uint16Array }[] = [];
  for (let i = 0; i < samples; i++) {
    const plane = await readPlane(input, source, (durationS * (i + 0.5)) / samples, signal);
    if (plane) planes.push({ plane });
    if (durationS === 0) break;
  }
  return planes;
}

async function readPlane(
  input: SourceInput,
  { video }: SourceInfo,
  atS: number,
  signal: AbortSignal,
): Promise<Uint8Array | Uint16Array | undefined> {
  const args = buildArgs({
    global: ['-noautorotate'],
    inputs: [{ url: input.url, options: ['-ss', atS.toFixed(3), ...input.options] }],
    outputs: [
      {
        url: 'pipe:1',
        options: [
          '-map',
          `0:${video.index}`,
          '-frames:v',
          '1',
          '-vf',
          video.luma.filters.join(','),
          '-f',
          'rawvideo',
        ],
      },
    ],
  });
  await using ffmpeg = startFfmpeg({ name: `sampling ${input.name}`, args, stdout: 'pipe', signal });
  const chunks: Uint8Array[] = [];
  for await (const chunk of ffmpeg.stdout) chunks.push(chunk as Uint8Array);
  await ffmpeg.exited;
  signal.throwIfAborted();
  const bytes = Uint8Array.from(Buffer.concat(chunks));
  if (bytes.length !== lumaBytes(video)) return undefined;
  return video.bitDepth > 8 ? new Uint16Array(bytes.buffer) : bytes;
}

/** Mean saturation (of 0..181) above which a film is one in colour: tinted prints and noise lie below. */
const colorSaturation = 4;

/** Whether a film's chroma says something: looked up in three frames by ffmpeg's `signalstats`. */
export async function hasColor(
  input: SourceInput,
  { video, durationS }: SourceInfo,
  signal: AbortSignal,
): Promise<boolean> {
  if (video.luma.isGray) return false;
  for (const part of [0.2, 0.5, 0.8]) {
    const atS = (video.durationS ?? durationS ?? 0) * part;
    const args = buildArgs({
      global: [],
      inputs: [{ url: input.url, options: ['-ss', atS.toFixed(3), ...input.options] }],
      outputs: [
        {
          url: '-',
          options: [
            ...['-map', `0:${video.index}`, '-frames:v', '1'],
            ...[
              '-vf',
              'scale=160:120,format=yuv444p,signalstats,metadata=print:key=lavfi.signalstats.SATAVG:file=-',
            ],
            ...['-f', 'null'],
          ],
        },
      ],
    });
    await using ffmpeg = startFfmpeg({ name: `looking at ${input.name}`, args, stdout: 'pipe', signal });
    const text = await textOf(ffmpeg.stdout);
    await ffmpeg.exited;
    signal.throwIfAborted();
    if (Number(/SATAVG=([\d.]+)/.exec(text)?.[1] ?? 0) > colorSaturation) return true;
  }
  return false;
}
