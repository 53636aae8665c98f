import { ffmpegVersion } from '../../src/ingest/ffmpeg/capabilities.ts';
import { ffmpegPath, runFfmpeg } from './run-ffmpeg.ts';

/** Copies a film's picture into mp4 or mov, with a tag that makes players rotate it clockwise by these degrees. */
export async function copyTurned(input: string, output: string, degrees: 90 | 180 | 270): Promise<void> {
  const { major } = await ffmpegVersion(ffmpegPath);
  // Before ffmpeg 6 the tag rotates in the other direction.
  const turn = major < 6 ? ['-metadata:s:v:0', `rotate=${360 - degrees}`] : [];
  const turnInput = major < 6 ? [] : ['-display_rotation', String(-degrees)];
  await runFfmpeg([...turnInput, '-i', input, '-map', '0:v', '-c', 'copy', ...turn, output]);
}
