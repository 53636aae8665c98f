import { buildArgs, passthroughArgs } from '../../../ingest/ffmpeg/command.ts';
import { videoClock, videoClockHz } from './media-clock.ts';

/** What the encoder is asked for. */
export interface H264Settings {
  /** At most, over a second, when `fps` pictures come in it. */
  readonly bitrateKbps: number;
  /** What a picture may have is the bitrate over this. */
  readonly fps: number;
  /** Of the fMP4's container. */
  readonly metadata: Readonly<Record<string, string>>;
}

const keyframeEveryS = 2;

/**
 * Filters from full-range BT.601 (as pictures have it) to limited range, which every player shows right. Rounded to
 * nearest by a table, so that the way back to full range gives luma within 1 level.
 * @see ITU-R BT.601-7, section 2.5.3; JFIF 1.02 (full range)
 */
export const limitedRangeFilters = [
  "lutyuv=y='round(16+val*219/255)':u='round(128+(val-128)*224/255)':v='round(128+(val-128)*224/255)'",
  'setparams=range=tv:colorspace=smpte170m:color_primaries=smpte170m:color_trc=smpte170m',
].join(',');

/**
 * A keyframe at first, every 2 s, and for a picture whose time is an odd number of ticks: the one way to ask a running
 * ffmpeg for a keyframe, since raw video carries no other mark through its filters.
 */
const keyframeExpression = [
  'isnan(prev_forced_t)',
  `gte(t,prev_forced_t+${keyframeEveryS})`,
  `mod(floor(t*${videoClockHz}+0.5),2)`,
].join('+');

/**
 * The arguments of an ffmpeg that encodes raw yuv420p by NUT (standard input, time base 1/90000) as H.264: fMP4 with
 * a fragment a picture on standard output, NUT on pipe:3. Times are kept, nothing is held back but what an fMP4
 * fragment needs: its picture's duration, known when the next one comes.
 */
export function h264EncodeArgs({ bitrateKbps, fps, metadata }: H264Settings): string[] {
  const mp4 = [
    'f=mp4',
    'movflags=+empty_moov+default_base_moof+frag_every_frame+use_metadata_tags',
    ...['use_editlist=0', `video_track_timescale=${videoClockHz}`, 'flush_packets=1'],
  ].join(':');
  return buildArgs({
    global: ['-copyts', '-filter_threads', '1'],
    inputs: [
      {
        url: 'pipe:0',
        options: [
          '-probesize',
          '32',
          '-analyzeduration',
          '0',
          '-fpsprobesize',
          '0',
          '-threads',
          '1',
          '-f',
          'nut',
        ],
      },
    ],
    outputs: [
      {
        url: `[${mp4}]pipe:1|[f=nut:flush_packets=1]pipe:3`,
        options: [
          ...['-map', '0:v:0'],
          ...passthroughArgs(videoClock),
          ...['-vf', limitedRangeFilters],
          ...['-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-profile:v', 'main'],
          ...['-threads', '1', '-bf', '0', '-g', '100000', '-sc_threshold', '0'],
          ...['-forced-idr', '1', '-force_key_frames', `expr:${keyframeExpression}`],
          ...['-crf', '23', '-maxrate', `${bitrateKbps}k`, '-bufsize', `${bitrateKbps}k`],
          // The bitrate's pictures a second: counting by their times (force-cfr=0) holds each back for the next.
          ...['-x264-params', `fps=${fps}`],
          ...['-color_range', 'tv', '-colorspace', 'smpte170m', '-color_primaries', 'smpte170m'],
          ...['-color_trc', 'smpte170m', '-flags', '+global_header'],
          ...Object.entries(metadata).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]),
          ...['-f', 'tee'],
        ],
      },
    ],
  });
}
