import { AppError } from '../../../errors.ts';
import { ffmpegCoders } from '../../../ingest/ffmpeg/capabilities.ts';
import { runFfmpeg } from '../../../ingest/ffmpeg/process.ts';
import { encoders } from './encoders.ts';

/**
 * Tries an encoder that needs a device on two small frames.
 * @returns the encoder that replaces it, and why; undefined when the encoder works or needs no device
 */
export async function fallbackFor(
  codec: string,
  signal: AbortSignal,
): Promise<{ codec: string; reason: string } | undefined> {
  const fallback = encoders[codec]?.fallback;
  if (fallback === undefined) return undefined;
  const { code, stderrTail } = await runFfmpeg({
    name: `trial of ${codec}`,
    signal,
    args: [
      ...['-f', 'lavfi', '-i', 'color=size=256x256:rate=25', '-frames:v', '2', '-pix_fmt', 'yuv420p'],
      ...['-c:v', codec, '-f', 'null', '-'],
    ],
  });
  if (code === 0) return undefined;
  const reason = stderrTail.trim().split('\n')[0] ?? '';
  return { codec: fallback, reason: reason || `ffmpeg ended with ${code ?? 'a signal'}` };
}

/**
 * Checks that this ffmpeg was built with an encoder.
 * @throws {AppError} ENCODER_UNAVAILABLE
 */
export async function checkEncoder(codec: string): Promise<void> {
  const built = await ffmpegCoders('encoders');
  if (built.has(codec)) return;
  const others = Object.keys(encoders).filter((name) => built.has(name));
  throw new AppError('ENCODER_UNAVAILABLE', `this ffmpeg was built without the encoder ${codec}`, {
    cure: `choose --codec ${others.join(', ')}, or name another ffmpeg with FFMPEG_PATH`,
  });
}
