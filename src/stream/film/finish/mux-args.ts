/** The arguments of the ffmpeg that joins a film. */
import { buildArgs, type CommandInput } from '../../../ingest/ffmpeg/command.ts';
import { fileUrl } from '../../../ingest/ffmpeg/file-url.ts';
import type { OtherStream } from '../../../ingest/film/source-info.ts';
import { muxerOf } from '../encode/encoders.ts';
import { isMp4, toUs, type MuxOptions } from './mux-options.ts';
import type { PacketRules } from './packet-filters.ts';
import { pictureArgs, streamArgs } from './stream-args.ts';

/**
 * Builds the muxer's arguments (pure). Input 0 is the coloured picture on standard input, input 1 is the source.
 * @param bitstreamFilter - for the picture's packets
 */
export function muxArgs(options: MuxOptions, bitstreamFilter: string | undefined): string[] {
  const { container, cut, headroom, timeBase } = options;
  const headroomS = (headroom * timeBase.num) / timeBase.den;
  return buildArgs({
    global: ['-y', '-copyts'],
    inputs: [
      {
        url: 'pipe:0',
        options: [...offsetArgs(-toUs(cut.zeroS + headroomS)), '-f', 'nut', ...turnInputArgs(options)],
      },
      ...sourceInput(options),
    ],
    outputs: [
      {
        url: fileUrl(options.outputPath),
        options: [
          ...['-map', '0:v:0'],
          ...carriedArgs(options),
          ...pictureTrackArgs(options, bitstreamFilter),
          ...(options.timecode === undefined ? [] : ['-timecode', options.timecode]),
          ...Object.entries(options.metadata).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]),
          ...(isMp4(container) ? ['-movflags', '+faststart'] : []),
          ...endArgs(options),
          ...['-max_interleave_delta', '0', '-f', muxerOf[container]],
        ],
      },
    ],
  });
}

/** Streams, tags and chapters of the source. */
function carriedArgs(options: MuxOptions): string[] {
  const { carry, covers, container, timeline, cut, sourceArgs } = options;
  return [
    ...(sourceArgs.length > 0 ? ['-map_metadata', '1', '-map_chapters', '1'] : []),
    ...streamArgs({
      carry,
      covers,
      container,
      timeline,
      endS: timeline === undefined ? undefined : cut.durationS,
      rulesFor: (stream) => rulesFor(stream, options),
    }),
  ];
}

function pictureTrackArgs(options: MuxOptions, bitstreamFilter: string | undefined): string[] {
  const { codec, colorArgs, container, ffmpegMajor, picture, rotationDegrees } = options;
  // Before ffmpeg 6, the tag turned the picture in the other direction.
  const isTurnedByTag = rotationDegrees !== 0 && ffmpegMajor < 6;
  return [
    ...(picture === undefined ? [] : pictureArgs(picture, container)),
    ...(bitstreamFilter === undefined ? [] : ['-bsf:v:0', bitstreamFilter]),
    ...(isTurnedByTag ? ['-metadata:s:v:0', `rotate=${360 - rotationDegrees}`] : []),
    ...colorArgs.flatMap((arg, i) => (i % 2 === 0 ? [`${arg}:v:0`] : [arg])),
    ...fieldArgs(options),
    // Apple's players want this fourcc for HEVC.
    ...(container !== 'mkv' && /265|hevc/.test(codec) ? ['-tag:v:0', 'hvc1'] : []),
  ];
}

/** Some containers and codecs store the field order of a whole track. */
function fieldArgs({ journal }: MuxOptions): string[] {
  const [order, ...others] = journal.fieldOrders;
  if (others.length > 0 || order === undefined || order === 'progressive') return [];
  return ['-field_order:v:0', order === 'top-first' ? 'tt' : 'bb'];
}

function turnInputArgs({ rotationDegrees, picture, ffmpegMajor }: MuxOptions): string[] {
  const isMirrored = picture?.mirror !== undefined;
  if (ffmpegMajor < 6 || (rotationDegrees === 0 && !isMirrored)) return [];
  return ['-display_rotation', String(-rotationDegrees), ...(isMirrored ? ['-display_hflip'] : [])];
}

/** The source as input 1; nothing for a sequence without sound. */
function sourceInput({ sourceArgs, cut, isBroadcast }: MuxOptions): CommandInput[] {
  if (sourceArgs.length === 0) return [];
  const us = -toUs(cut.zeroS) - (isBroadcast === true ? sideStepUs : 0);
  return [{ url: sourceArgs.at(-1) ?? '', options: [...offsetArgs(us), ...sourceArgs.slice(0, -2)] }];
}

/**
 * If an offset is exactly minus the start time of a broadcast, ffmpeg 5 treats it as its own, and moves the mapped
 * streams so that the first of them starts at 0. Sound that starts later than the picture, which is not mapped, would
 * then be out of sync. One microsecond more prevents this, and is less than half a tick of such a container's clock.
 */
const sideStepUs = 1;

/** Moves an input's clock, to within a tick of each stream; chapters move with it. */
function offsetArgs(us: number): string[] {
  return us === 0 ? [] : ['-itsoffset', (us / 1e6).toFixed(6)];
}

function rulesFor({ index, kind }: OtherStream, options: MuxOptions): PacketRules {
  const { cut, timeline, leftOut, timeBase } = options;
  return {
    kind,
    clock: timeline?.others.get(index),
    tickS: timeBase.num / timeBase.den,
    leftOut: leftOut?.get(index),
    dropsBefore: cut.dropsBefore,
  };
}

/**
 * Ends sound and chapters, but never before the picture's last frame. ffmpeg compares the source's own times, which
 * mean nothing if the clock jumps; then packets are left out by their numbers.
 */
function endArgs({ cut, journal, timeBase, timeline }: MuxOptions): string[] {
  if (cut.durationS === undefined || timeline !== undefined) return [];
  const tickS = timeBase.num / timeBase.den;
  const pictureS = ((journal.segments.at(-1)?.lastPts ?? 0) + 1) * tickS - cut.zeroS;
  return ['-t', Math.max(cut.durationS, pictureS, 1e-6).toFixed(6)];
}
