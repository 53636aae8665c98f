import { buildArgs, passthroughArgs } from '../../../ingest/ffmpeg/command.ts';
import { videoClock, videoClockHz } from './media-clock.ts';

/** The settings of the encoder. */
export interface H264Settings {
  /** Maximum bitrate over a second with `fps` pictures. */
  readonly bitrateKbps: number;
  /** The camera's rate, which the stream declares; a picture may use the bitrate divided by this. */
  readonly fps: number;
  /** Metadata of the fMP4 container. */
  readonly metadata: Readonly<Record<string, string>>;
}

const keyframeEveryS = 2;

/**
 * Filters that convert full-range BT.601 (the range of pictures) to limited range, which every player shows correctly. A
 * table rounds to nearest, so that converting back gives luma within 1 level.
 * @see ITU-R BT.601-7, section 2.5.3; JFIF 1.02 (full range)
 */
export const limitedRangeFilters = [
  "lutyuv=y='round(16+val*219/255)':u='round(128+(val-128)*224/255)':v='round(128+(val-128)*224/255)'",
  'setparams=range=tv:colorspace=smpte170m:color_primaries=smpte170m:color_trc=smpte170m',
].join(',');

/**
 * Asks for a keyframe at the start, every 2 s, and for each picture whose time is an odd number of ticks. That is the
 * only way to request a keyframe from a running ffmpeg: no other mark of raw video survives the filters.
 */
const keyframeExpression = [
  'isnan(prev_forced_t)',
  `gte(t,prev_forced_t+${keyframeEveryS})`,
  `mod(floor(t*${videoClockHz}+0.5),2)`,
].join('+');

/**
 * Arguments for an ffmpeg that encodes raw yuv420p in NUT (standard input, time base 1/90000) as H.264. It writes fMP4
 * with one fragment per picture to standard output, and NUT to pipe:3. Times are kept. The only delay is that of fMP4:
 * a fragment needs its picture's duration, which is known when the next picture arrives.
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
          // Pictures per second for the bitrate. Rate control by times (force-cfr=0) would delay each picture by one.
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
