import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { runFfprobe } from '../ffmpeg/run-ffprobe.ts';
import { refusedFormat } from './film-formats.ts';
import type { SourceInput } from './source-input.ts';

const text = z.record(z.string(), z.string());
const sideData = z.looseObject({
  side_data_type: z.string().optional(),
  rotation: z.number().optional(),
  displaymatrix: z.string().optional(),
});
const color = {
  pix_fmt: z.string().optional(),
  color_range: z.string().optional(),
  color_space: z.string().optional(),
  color_primaries: z.string().optional(),
  color_transfer: z.string().optional(),
  chroma_location: z.string().optional(),
};

const streamSchema = z.looseObject({
  index: z.int().min(0),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  codec_tag_string: z.string().optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  sample_aspect_ratio: z.string().optional(),
  field_order: z.string().optional(),
  closed_captions: z.number().optional(),
  time_base: z.string().optional(),
  sample_rate: z.string().optional(),
  sample_fmt: z.string().optional(),
  channels: z.int().optional(),
  bits_per_raw_sample: z.string().optional(),
  avg_frame_rate: z.string().optional(),
  r_frame_rate: z.string().optional(),
  start_pts: z.number().optional(),
  duration: z.string().optional(),
  nb_frames: z.string().optional(),
  disposition: z.record(z.string(), z.number()).optional(),
  tags: text.optional(),
  side_data_list: z.array(sideData).optional(),
  ...color,
});

const fileSchema = z.looseObject({
  streams: z.array(streamSchema).default([]),
  chapters: z.array(z.unknown()).default([]),
  format: z.looseObject({
    format_name: z.string(),
    duration: z.string().optional(),
    tags: text.optional(),
    probe_score: z.number().optional(),
  }),
});

const frameSchema = z.looseObject({
  stream_index: z.int().optional(),
  side_data_list: z.array(sideData).optional(),
  interlaced_frame: z.number().optional(),
  top_field_first: z.number().optional(),
  ...color,
});

const framesSchema = z.looseObject({ frames: z.array(frameSchema).default([]) });

export type ProbedStream = z.infer<typeof streamSchema>;
export type ProbedFile = z.infer<typeof fileSchema>;
export type ProbedFrame = z.infer<typeof frameSchema>;

/** Asks ffprobe for a source's container, streams and chapters. */
export async function probeFile(source: SourceInput, signal?: AbortSignal): Promise<ProbedFile> {
  const json = await probeJson(source, ['-show_format', '-show_streams', '-show_chapters'], signal);
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) throw notAFilm(source, z.prettifyError(parsed.error));
  return parsed.data;
}

/** A source's container, streams and chapters, and the frames of its first packets. */
export interface ProbedStart {
  readonly file: ProbedFile;
  /** of all streams */
  readonly frames: readonly ProbedFrame[];
}

/** Number of packets, of all streams together, that are decoded along with the first look. */
const startPackets = 16;

/**
 * Asks ffprobe for a source's container, streams and chapters, and decodes its first packets in the same run. Its start
 * takes more time than all of that.
 */
export async function probeStart(source: SourceInput, signal?: AbortSignal): Promise<ProbedStart> {
  const facts = ['-show_format', '-show_streams', '-show_chapters'];
  const frames = ['-show_frames', '-read_intervals', `%+#${startPackets}`];
  const json = await probeJson(source, [...facts, ...frames], signal);
  const parsed = fileSchema.extend(framesSchema.shape).safeParse(json);
  if (!parsed.success) throw notAFilm(source, z.prettifyError(parsed.error));
  return { file: parsed.data, frames: parsed.data.frames };
}

/** Number of packets that must contain a frame; the second number is for streams that start between keyframes. */
const firstPackets = [8, 600];

/** Decodes the first frames and describes them; returns none if nothing can be decoded. */
export async function probeFirstFrames(
  source: SourceInput,
  streamIndex: number,
  signal?: AbortSignal,
): Promise<ProbedFrame[]> {
  for (const packets of firstPackets) {
    const args = ['-select_streams', String(streamIndex), '-show_frames', '-read_intervals', `%+#${packets}`];
    const json = await probeJson(source, args, signal);
    const { frames } = framesSchema.parse(json);
    if (frames.length > 0) return frames;
  }
  return [];
}

const packetsSchema = z.looseObject({
  packets: z.array(z.looseObject({ pts: z.int().optional(), duration: z.int().optional() })).default([]),
});

/** A packet's times, in ticks of its stream. */
export interface PacketTime {
  readonly pts: number;
  readonly duration: number | undefined;
}

/**
 * Finds the packet that is shown last, without decoding.
 * @param where.fromS - only packets from here on are read, on the source's own clock
 */
export async function probeLastPacket(
  source: SourceInput,
  where: { readonly index: number; readonly fromS: number },
  signal?: AbortSignal,
): Promise<PacketTime | undefined> {
  const from = where.fromS > 0 ? ['-read_intervals', `${where.fromS.toFixed(3)}%`] : [];
  const args = ['-select_streams', String(where.index), '-show_entries', 'packet=pts,duration', ...from];
  const { packets } = packetsSchema.parse(await probeJson(source, args, signal));
  const shown = packets.flatMap(({ pts, duration }) => (pts === undefined ? [] : [{ pts, duration }]));
  return shown.reduce<PacketTime | undefined>(
    (last, packet) => (last === undefined || packet.pts > last.pts ? packet : last),
    undefined,
  );
}

async function probeJson(
  source: SourceInput,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<unknown> {
  const all = ['-hide_banner', '-v', 'error', ...source.options, ...args, '-of', 'json', '-i', source.url];
  const explain = (error: Error, stderr: string): AppError => failure(source, error, stderr);
  return JSON.parse(await runFfprobe(all, { signal, maxBuffer: 2 ** 26, explain }));
}

function failure(source: SourceInput, error: Error, stderr: string): AppError {
  const format = refusedFormat(stderr);
  if (format !== undefined) return notOneFile(source, format);
  return notAFilm(source, reasonOf(source, stderr) ?? error.message);
}

/** The last line that ffprobe printed, or the reason if an mp4 has no index. */
function reasonOf(source: SourceInput, stderr: string): string | undefined {
  const lines = stderr.trim().split('\n');
  const line = lines.find((text) => text.includes('moov atom not found')) ?? lines.at(-1);
  return line?.replace(/^\[[^\]]* @ [^\]]*\] /, '').replace(`${source.url}: `, '') || undefined;
}

function notOneFile(source: SourceInput, format: string): AppError {
  return new AppError(
    'INPUT_UNSUPPORTED',
    `${source.name}: expected one film file but its content is "${format}", which makes ffmpeg read other files or devices`,
    {
      cure: 'name the film files themselves; `ffmpeg -i INPUT -c copy FILM.mkv` joins the files of a list that you trust',
    },
  );
}

function notAFilm(source: SourceInput, reason: string): AppError {
  const isCutShort = /moov atom not found/.test(reason);
  return new AppError('INPUT_UNSUPPORTED', `${source.name}: expected a film but ffprobe says: ${reason}`, {
    cure: isCutShort
      ? 'the file was cut short before its index was written: copy it again, or repair it with a tool such as untrunc'
      : 'check that the file is a film and complete: ffprobe FILE',
  });
}
