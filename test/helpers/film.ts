/** Facts about a film, from ffprobe and ffmpeg. */
import { probeCsv, runFfmpeg } from './run-ffmpeg.ts';

/** The values of a stream's entries, one per line. */
export async function streamValues(
  film: string,
  stream: string,
  entries: string,
  ...options: readonly string[]
): Promise<string[]> {
  const lines = await probeCsv(film, '-select_streams', stream, '-show_entries', entries, ...options);
  // ffprobe writes an empty column for side data that it does not show.
  return lines.map((line) => line.replace(/^,+|,+$/g, ''));
}

/** The duration in the container, seconds. */
export async function containerSeconds(film: string): Promise<number> {
  const [line] = await probeCsv(film, '-show_entries', 'format=duration');
  return Number(line);
}

/** The presentation time of each packet of a stream, seconds, in order. */
export async function packetTimes(film: string, stream: string): Promise<number[]> {
  const lines = await streamValues(film, stream, 'packet=pts_time');
  return lines.map(Number.parseFloat).sort((a, b) => a - b);
}

/** The MD5 of each packet of a stream. */
export async function packetSums(film: string, stream: string): Promise<string[]> {
  return streamValues(film, stream, 'packet=data_hash', '-show_data_hash', 'md5');
}

/** One plane of every frame, as stored, 8 bits per sample. */
export async function planeBytes(film: string, plane: 'y' | 'u' | 'v', filter = ''): Promise<Buffer> {
  const { stdout } = await runFfmpeg([
    ...['-noautorotate', '-i', film, '-map', '0:v:0', '-vf', `${filter}extractplanes=${plane}`],
    ...['-fps_mode', 'passthrough', '-f', 'rawvideo', '-'],
  ]);
  return stdout;
}
