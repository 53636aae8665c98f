/** Facts about a film, from ffprobe and ffmpeg. */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ffprobePath, probeCsv, runFfmpeg } from './run-ffmpeg.ts';

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
  const { format } = await contentsOf(film);
  return Number(format.duration);
}

/** The presentation time of each packet of a stream (`v:0`, `a:0`), seconds, in order. */
export async function packetTimes(film: string, stream: string): Promise<number[]> {
  const packets = await packetsOf(film, stream);
  return packets.map(({ pts_time = '' }) => Number.parseFloat(pts_time)).sort((a, b) => a - b);
}

/** The MD5 of each packet of a stream (`v:0`, `a:0`). */
export async function packetSums(film: string, stream: string): Promise<string[]> {
  return (await packetsOf(film, stream)).map(({ data_hash }) => data_hash);
}

interface Packet {
  readonly stream_index: number;
  readonly pts_time?: string;
  readonly data_hash: string;
}

interface Contents {
  readonly format: { readonly duration?: string };
  readonly streams: readonly { readonly index: number; readonly codec_type: string }[];
  readonly packets: readonly Packet[];
}

const contents = new Map<string, Promise<Contents>>();

/** ffprobe reads a film once for all questions about its packets, as long as the file stays the same. */
async function contentsOf(film: string): Promise<Contents> {
  const { ino, size, mtimeMs } = await stat(film);
  const key = [film, ino, size, mtimeMs].join();
  const reading = contents.get(key) ?? readContents(film);
  contents.set(key, reading);
  return reading;
}

async function packetsOf(film: string, stream: string): Promise<readonly Packet[]> {
  const { streams, packets } = await contentsOf(film);
  const [kind, number] = stream.split(':');
  const ofKind = streams.filter(({ codec_type }) => codec_type.startsWith(kind ?? stream));
  const index = ofKind[Number(number)]?.index;
  return packets.filter(({ stream_index }) => stream_index === index);
}

async function readContents(film: string): Promise<Contents> {
  const entries = 'format=duration:stream=index,codec_type:packet=stream_index,pts_time,data_hash';
  const args = ['-v', 'error', '-show_entries', entries, '-show_data_hash', 'md5', '-of', 'json', film];
  const { stdout } = await promisify(execFile)(ffprobePath, args, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Contents;
}

/** One plane of every frame, as stored, 8 bits per sample. */
export async function planeBytes(film: string, plane: 'y' | 'u' | 'v', filter = ''): Promise<Buffer> {
  const { stdout } = await runFfmpeg([
    ...['-noautorotate', '-i', film, '-map', '0:v:0', '-vf', `${filter}extractplanes=${plane}`],
    ...['-fps_mode', 'passthrough', '-f', 'rawvideo', '-'],
  ]);
  return stdout;
}
