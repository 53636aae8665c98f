import { ffmpegVersion } from '../../src/ingest/ffmpeg/capabilities.ts';
import { ffmpegPath, runFfmpeg } from './run-ffmpeg.ts';

/** Copies a film's picture with a mark that players turn it by so many degrees clockwise; into mp4 or mov. */
export async function copyTurned(input: string, output: string, degrees: 90 | 180 | 270): Promise<void> {
  const { major } = await ffmpegVersion(ffmpegPath);
  // Before ffmpeg 6 the tag turns the other way round.
  const turn = major < 6 ? ['-metadata:s:v:0', `rotate=${360 - degrees}`] : [];
  const turnInput = major < 6 ? [] : ['-display_rotation', String(-degrees)];
  await runFfmpeg([...turnInput, '-i', input, '-map', '0:v', '-c', 'copy', ...turn, output]);
}
