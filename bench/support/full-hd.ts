import { ffmpegPath, runChild } from './child.ts';

const quiet = ['-v', 'error', '-nostdin', '-y'];
/** The source is nearly lossless H.264, like a film that someone wants to colour. */
const encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '17', '-c:a', 'copy'];

/**
 * Makes a 1920 x 1080 colour film: the picture enlarged, tinted by a colour for each luma so that chroma
 * has the picture's own edges and motion, then grain on the luma.
 * @param source - any film; repeated until it is long enough
 * @param path - of the film to write, mp4; overwritten
 * @param frames - how many
 * @throws {AppError} `FFMPEG_FAILED`
 */
export async function makeFullHd(source: string, path: string, frames: number): Promise<void> {
  const tint = "pseudocolor=c1='128+40*sin(val/37)':c2='128+32*cos(val/29)'";
  const filter = `scale=1920:1080:flags=bicubic,format=yuv420p,${tint},noise=c0s=6:c0f=t,setsar=1`;
  const input = ['-stream_loop', '-1', '-i', source, '-map', '0:v:0'];
  await runChild(ffmpegPath(), [
    ...quiet,
    ...input,
    '-vf',
    filter,
    '-frames:v',
    String(frames),
    ...encode,
    path,
  ]);
}

/**
 * Makes a film's gray version, 8 bit 4:2:0 with neutral chroma, in the same format.
 * @param source - the colour film
 * @param path - of the film to write; overwritten
 * @throws {AppError} `FFMPEG_FAILED`
 */
export async function makeGray(source: string, path: string): Promise<void> {
  const filter = 'format=yuv420p,lutyuv=u=128:v=128';
  await runChild(ffmpegPath(), [...quiet, '-i', source, '-vf', filter, ...encode, path]);
}
