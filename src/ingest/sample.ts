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
