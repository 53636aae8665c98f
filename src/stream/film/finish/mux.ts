import { createReadStream } from 'node:fs';
import { AppError } from '../../../errors.ts';
import { startFfmpeg } from '../../../ingest/ffmpeg/process.ts';
import { newBuffer, openNut } from '../../../ingest/nut/demuxer.ts';
import type { NutStream } from '../../../ingest/nut/format.ts';
import { NutWriter } from '../../../ingest/nut/muxer.ts';
import type { FinishedSegments } from './finished-segments.ts';
import { checkFrames } from './check-frames.ts';
import { muxArgs } from './mux-args.ts';
import type { MuxOptions } from './mux-options.ts';
import { packetTimes } from './packet-times.ts';
import { reorderDepth } from './reorder-depth.ts';

/**
 * Joins the segments and the source's other streams into the finished file. Timestamps come from the segments;
 * nothing is decoded.
 */
export async function muxFilm(options: MuxOptions): Promise<void> {
  const video = await joinedHeader(options);
  await using ffmpeg = startFfmpeg({
    name: 'muxer',
    args: muxArgs(options, packetTimes(options, video)),
    stdin: 'pipe',
    stdout: 'ignore',
    role: 'encoder',
    signal: options.signal,
  });
  const broken = ffmpeg.exited.then(() => undefined);
  for await (const bytes of joinedSegments(options.journal, video)) {
    const written = new Promise<void>((resolve) => ffmpeg.stdin.write(bytes, () => resolve()));
    await Promise.race([written, broken]);
    if (ffmpeg.stdin.destroyed) break;
  }
  ffmpeg.stdin.end();
  const { code } = await ffmpeg.exited;
  options.signal.throwIfAborted();
  if (code === 0) {
    await checkFrames(options.outputPath, options.journal.frames, options.signal);
    return;
  }
  throw muxFailure(options.outputPath, ffmpeg.stderrTail.trim());
}

function muxFailure(path: string, tail: string): AppError {
  if (/No space left on device/i.test(tail)) {
    return new AppError('DISK_FULL', `${path}: the disk is full`, {
      cure: 'free some space and repeat the command: only the last step is done again',
    });
  }
  return new AppError('FFMPEG_FAILED', `${path}: could not be written: ${tail.split('\n').at(-1) ?? ''}`, {
    cure: 'the segments are kept: repeat the command, perhaps with another container (.mkv takes most)',
    details: { stderr: tail },
  });
}

/**
 * The header of the segments as one NUT stream: the header of the first one, with the largest reordering of all.
 */
async function joinedHeader({ journal, codec }: MuxOptions): Promise<NutStream> {
  const paths = journal.segments.map(({ number }) => journal.segmentPath(number));
  const [first] = paths;
  if (first === undefined) {
    throw new AppError('INPUT_UNSUPPORTED', 'the film has no frames', {
      cure: 'check the source with ffprobe',
    });
  }
  const reader = await openNut(createReadStream(first), { acquire: newBuffer });
  await reader.packets().return();
  const { video } = reader;
  return { ...video, decodeDelay: await reorderDepth(paths, codec, video.decodeDelay) };
}

/** The segments as one NUT stream. */
async function* joinedSegments(journal: FinishedSegments, video: NutStream): AsyncGenerator<Uint8Array> {
  const writer = new NutWriter(video);
  yield writer.header;
  const isMixed = journal.fieldOrders.length > 1;
  for (const segment of journal.segments) {
    const chunks = createReadStream(journal.segmentPath(segment.number));
    const reader = await openNut(chunks, { acquire: newBuffer });
    const { codecData } = reader.video;
    for await (const { pts, keyframe, data } of reader.packets()) {
      const own = isMixed && keyframe && startsWithUnit(codecData) ? codecData : noBytes;
      yield writer.packetHeader({ pts, keyframe, sizeBytes: own.length + data.length });
      yield own;
      yield data;
    }
  }
}

const noBytes = new Uint8Array();

/**
 * Whether a codec's data are parameter sets of H.264 or HEVC, in the form of the stream. They differ between progressive
 * and interlaced segments, and the header has only those of the first one, so each keyframe brings its own.
 */
function startsWithUnit(codecData: Uint8Array): boolean {
  return codecData.length > 4 && Buffer.from(codecData.subarray(0, 4)).readUInt32BE() === 1;
}
