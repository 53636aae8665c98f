import { resolve } from 'node:path';
import type { CameraConfig } from '../../config/schema.ts';
import { parseTestPattern, testPatternFilter } from '../../config/test-pattern.ts';
import { AppError } from '../../errors.ts';
import { buildArgs, passthroughArgs, type CommandInput } from '../ffmpeg/command.ts';
import { redact } from '../../log/redact.ts';
import { filmFormats, httpFormats } from './live-formats.ts';
import { liveSaturationKey } from './saturation-reader.ts';

/** How a camera's ffmpeg is started. */
export interface LiveCommand {
  /** Contains no credentials. */
  readonly args: readonly string[];
  /**
   * Written to standard input, which is then closed; undefined: there is no input. It contains the URL with its
   * credentials.
   */
  readonly script: string | undefined;
  /** The source may send its frames in bursts; its timestamps say when each is due. */
  readonly mayBurst: boolean;
  /** Frames are luma, Cb and Cr (4:2:0, full range, BT.601); otherwise luma alone. */
  readonly hasChroma: boolean;
  /** Where a film in place of a camera starts, seconds. */
  readonly startS: number;
}

type Source = Pick<CameraConfig, 'source' | 'transport' | 'size' | 'maxMegapixels' | 'day'>;

/** How much of a camera's stream becomes frames. */
export interface DecodeAmount {
  /** Decode keyframes only. */
  readonly keyframesOnly?: boolean | undefined;
  /** Scale the picture down until its short side has `reducedSidePx`. */
  readonly isReduced?: boolean | undefined;
  /** Where a film in place of a camera starts, seconds. */
  readonly startS?: number | undefined;
}

/**
 * The short side of reduced frames, pixels. At 1280 x 720, three quarters of the pixels then never leave ffmpeg: the
 * frame travels through the pipe, and is masked, shrunk and coloured at the size at which it is watched.
 */
export const reducedSidePx = 360;

/** The file descriptor for the source's saturation. */
export const saturationFd = 3;

/** Protocols for cameras. `file` is missing: a camera that answers with a playlist must not read local files. */
const networkProtocols = 'pipe,crypto,http,httpproxy,https,rtp,rtsp,srtp,tcp,tls,udp';
/**
 * How much of the stream is analysed before decoding: the first half second, without counting frames. ffmpeg's
 * defaults take 5 s. `nobuffer` is not used, because it throws the analysed part away, and the first keyframe with
 * it.
 */
const analysis = [
  ['probesize', '1000000'],
  ['analyzeduration', '500000'],
  ['fpsprobesize', '0'],
] as const;
/** The list reader need not probe, because its inner reader has done so. */
const noAnalysis = ['-probesize', '32', '-analyzeduration', '1', '-fpsprobesize', '0'];
const sturdy = ['-fflags', '+discardcorrupt', '-err_detect', 'ignore_err'];
/** Decoding with frame threads would hold back one frame per thread. */
const prompt = ['-flags', 'low_delay'];
/** Milliseconds. */
const frameClock = { num: 1, den: 1000 };
/**
 * Timestamps of cameras jump back and forth. These always rise, by 1 ms to 5 s per frame, so that no frame is dropped
 * or duplicated because of them. A frame without a timestamp counts as 40 ms.
 */
const risingTime =
  "setpts='if(eq(N,0),0,PREV_OUTPTS+if(isnan(PTS-PREV_INPTS),40,clip(PTS-PREV_INPTS,1,5000)))'";

/**
 * Builds the command of the ffmpeg that reads a camera. Standard output carries luma in NUT: 8 bit, full range, square
 * pixels, within the size from the config. `saturationFd` carries the saturation of the source's own colour once per
 * second. The log has the size of the source's picture (`showinfo`) once per second and immediately after a change. The
 * URL goes to standard input as a list with one entry (`ffconcat`), because every user of the machine can read
 * arguments and environment. The list reader adds no delay.
 * @throws {AppError} USAGE if the kind of source is unknown
 */
export function liveCommand(config: Source, amount: DecodeAmount = {}): LiveCommand {
  const { input, script } = liveInput(config, amount.startS ?? 0);
  const skipping = amount.keyframesOnly === true ? ['-skip_frame', 'nokey'] : [];
  const filters = amount.isReduced === true ? reducedFilters(config) : wholeFilters(config);
  const options = [...skipping, ...pictureLimit(config.maxMegapixels), ...input.options];
  const limited = { url: input.url, options };
  const args = buildArgs({
    global: ['-loglevel', 'repeat+level+info', '-nostats'],
    inputs: [limited],
    outputs: [
      {
        url: 'pipe:1',
        options: [
          ...['-map', '0:v:0', '-vf', `${colourLook};[luma]${filters}`],
          ...passthroughArgs(frameClock),
          // Frame threads encode even raw video and hold back a frame or two, and so does a full buffer.
          ...['-c:v', 'rawvideo', '-threads', '1', '-flush_packets', '1', '-f', 'nut'],
        ],
      },
    ],
  });
  return {
    args,
    script,
    mayBurst: /^https?:/i.test(config.source),
    hasChroma: config.day === 'passthrough',
    startS: amount.startS ?? 0,
  };
}

/** ffmpeg's decoders refuse a larger picture before they allocate memory for it. */
function pictureLimit(maxMegapixels: number): string[] {
  return ['-max_pixels', String(Math.round(maxMegapixels * 1e6))];
}

/** `select` and not `fps`, which would fill a jump of the timestamps with copies. */
const colourLook = [
  'split[luma][look];[look]select=isnan(prev_selected_t)+gte(t-prev_selected_t\\,1)+lt(t\\,prev_selected_t)',
  'showinfo=checksum=0',
  'scale=64:36:flags=area',
  'format=yuv444p',
  'signalstats',
  `metadata=mode=print:key=${liveSaturationKey}:file='pipe\\:${saturationFd}':direct=1`,
  'nullsink',
].join(',');

/** The whole picture, within the size from the config. */
function wholeFilters({ size, day }: Pick<Source, 'size' | 'day'>): string {
  const even = (side: string): string => `2*max(1\\,trunc(${side}*${shareWithin(size)}/2+0.001))`;
  return pictureFilters(day, `w=${even('iw*sar')}:h=${even('ih')}`);
}

/** The picture with a short side of `reducedSidePx`, by an area filter; a smaller picture keeps its size. */
function reducedFilters({ size, day }: Pick<Source, 'size' | 'day'>): string {
  const share = `min(${shareWithin(size)}\\,${reducedSidePx}/min(iw*sar\\,ih))`;
  const even = (side: string): string => `2*max(1\\,round(${side}*${share}/2))`;
  return pictureFilters(day, `w=${even('iw*sar')}:h=${even('ih')}:flags=area+accurate_rnd`);
}

function shareWithin(size: string): string {
  const [width = '', height = ''] = size.split('x');
  return `min(1\\,min(${width}/(iw*sar)\\,${height}/ih))`;
}

/**
 * For swscale, `gray` has full range: a limited source is stretched once, and a full one stays as it is. With chroma
 * the picture is what JPEG expects: full range, BT.601.
 */
function pictureFilters(day: Source['day'], scale: string): string {
  const isColor = day === 'passthrough';
  const format = isColor ? 'yuv420p' : 'gray';
  return `scale=${scale}${isColor ? ':out_color_matrix=bt601' : ''}:out_range=pc,setsar=1,format=${format},settb=${frameClock.num}/${frameClock.den},${risingTime}`;
}

interface LiveInput {
  readonly input: CommandInput;
  readonly script: string | undefined;
}

function liveInput({ source, transport }: Source, startS: number): LiveInput {
  const [, kind = '', rest = ''] = /^([a-z]+):(.+)$/is.exec(source) ?? [];
  switch (kind.toLowerCase()) {
    case 'rtsp':
    case 'rtsps':
      return listInput(source, [
        // ffmpeg would wait for other streams of the camera (sound, metadata).
        ['allowed_media_types', 'video'],
        ...(transport === 'auto' ? [] : [['rtsp_transport', transport] as const]),
      ]);
    case 'http':
    case 'https':
      return listInput(source, [['format_whitelist', httpFormats]]);
    case 'file':
      return localInput(`file:${resolve(rest)}`, [
        ...['-format_whitelist', filmFormats, '-protocol_whitelist', 'file'],
        ...(startS > 0 ? ['-ss', startS.toFixed(3)] : []),
        ...['-re', '-stream_loop', '-1'],
      ]);
    case 'test':
      return localInput(testFilter(source, rest), ['-re', '-f', 'lavfi']);
    case 'device':
      return localInput(rest, ['-f', 'v4l2']);
    default:
      throw unknownKind(source);
  }
}

/** Never the text itself: `lavfi` would run any filter graph in it. */
function testFilter(source: string, text: string): string {
  const pattern = parseTestPattern(text);
  if (pattern === undefined) throw unknownKind(source);
  return testPatternFilter(pattern);
}

function localInput(url: string, options: readonly string[]): LiveInput {
  return { input: { url, options: [...prompt, ...sturdy, ...options] }, script: undefined };
}

function listInput(url: string, options: readonly (readonly [string, string])[]): LiveInput {
  if (/[\r\n\0]/.test(url)) throw unknownKind(url);
  const list = ['-f', 'concat', '-safe', '0', '-protocol_whitelist', networkProtocols];
  const lines = [...analysis, ...options].map(([key, value]) => `option ${key} ${value}`);
  return {
    input: { url: 'pipe:0', options: [...prompt, ...sturdy, ...noAnalysis, ...list] },
    script: `ffconcat version 1.0\nfile ${quoted(url)}\n${lines.join('\n')}\n`,
  };
}

/** A quote ends the quoted text, is escaped, and starts the quoted text again. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function unknownKind(source: string): AppError {
  const shown = redact(source.slice(0, 80));
  return new AppError(
    'USAGE',
    `camera source: expected rtsp://, rtsps://, http://, https://, file:PATH, device:/dev/videoN or test:PATTERN but got "${shown}"`,
    { cure: 'correct `source` in the config' },
  );
}
