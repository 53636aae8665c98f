import { AppError } from '../../errors.ts';
import { ffmpegCoders } from '../ffmpeg/capabilities.ts';
import type { FieldOrder, LumaRange, Rational, YuvMatrix } from '../../frame.ts';
import {
  probeFirstFrames,
  probeStart,
  type ProbedFile,
  type ProbedFrame,
  type ProbedStream,
} from './ffprobe.ts';
import { lossNotices } from './loss-notices.ts';
import { lumaPlan, type LumaPlan } from './pixel-formats.ts';
import type { OtherStream, SourceInfo, VideoInfo } from './source-info.ts';
import type { SourceInput } from './source-input.ts';

/** Transfer curves of high dynamic range. Their luma is not the gamma-coded luma that the network has learnt. */
const hdrTransfers: readonly string[] = ['smpte2084', 'arib-std-b67'];
/** From this height on, untagged video counts as high definition. */
const hdHeightPx = 720;
/** Video codecs whose gray pictures have limited range unless tagged otherwise; image codecs mean full range. */
const limitedGrayCodecs: readonly string[] = ['h264', 'hevc', 'av1', 'vp9', 'mpeg2video', 'mpeg4', 'vc1'];

/** So many frames show whether a film is interlaced. */
const enoughFrames = 4;

/**
 * Uses ffprobe to find out what a source is, including its first frames.
 * @throws {AppError} INPUT_UNSUPPORTED, with a cure, for everything that is not a film with usable luma (sound only,
 *   no frame, unknown codec, HDR, XYZ, Bayer)
 */
export async function probe(source: SourceInput, signal?: AbortSignal): Promise<SourceInfo> {
  const { file, frames: begun } = await probeStart(source, signal);
  const stream = mainVideo(file.streams);
  if (stream === undefined) throw noPicture(source, file);
  const { codec_name: codec } = stream;
  if (codec === undefined || stream.nb_frames === '0') throw await nothingDecoded(source, stream);
  const seen = begun.filter((frame) => frame.stream_index === stream.index);
  const frames = seen.length >= enoughFrames ? seen : await probeFirstFrames(source, stream.index, signal);
  const first = frames[0];
  if (first === undefined) throw await nothingDecoded(source, stream);
  const video = describeVideo(source, { ...stream, codec_name: codec }, frames, first);
  return {
    name: source.name,
    container: file.format.format_name,
    durationS: seconds(file.format.duration),
    video,
    others: file.streams.filter((other) => other.index !== stream.index).map(describeOther),
    chapterCount: file.chapters.length,
    tags: file.format.tags ?? {},
    timecode: timecodeOf(file),
    notices: [...source.notices, ...noticesOf(video, file), ...lossNotices(stream, frames)],
  };
}

/** The first real picture stream, or the default one if there are several. */
function mainVideo(streams: readonly ProbedStream[]): ProbedStream | undefined {
  const pictures = streams.filter((stream) => stream.codec_type === 'video' && !isCover(stream));
  return pictures.find((stream) => stream.disposition?.['default'] === 1) ?? pictures[0];
}

function isCover(stream: ProbedStream): boolean {
  return stream.disposition?.['attached_pic'] === 1 || stream.disposition?.['still_image'] === 1;
}

/** Says why there was no frame: either ffmpeg has no decoder for it, or there are no frames. */
async function nothingDecoded(source: SourceInput, stream: ProbedStream): Promise<AppError> {
  const codec = stream.codec_name ?? 'unknown';
  const decoders = await ffmpegCoders('decoders');
  if (codec !== 'unknown' && decoders.has(codec)) return noFrame(source);
  const tag = stream.codec_tag_string ?? 'none';
  return new AppError(
    'INPUT_UNSUPPORTED',
    `${source.name}: this ffmpeg can't decode its codec "${codec}" (tag ${tag})`,
    {
      cure: 'install an ffmpeg that has the decoder (`chromafeed doctor` lists the decoders), or convert the file where it was made',
    },
  );
}

function describeVideo(
  source: SourceInput,
  stream: ProbedStream & { codec_name: string },
  frames: readonly ProbedFrame[],
  first: ProbedFrame,
): VideoInfo {
  const pixelFormat = first.pix_fmt ?? stream.pix_fmt;
  const { width = 0, height = 0 } = stream;
  if (pixelFormat === undefined || width === 0 || height === 0) throw noFrame(source);
  const transfer = tag(stream.color_transfer) ?? tag(first.color_transfer);
  if (transfer !== undefined && hdrTransfers.includes(transfer)) throw highDynamicRange(source, transfer);
  const luma = namedPlan(source, pixelFormat);
  const matrixTag = luma.isRgb ? undefined : (tag(stream.color_space) ?? tag(first.color_space));
  const matrix = luma.isRgb ? 'bt709' : matrixOf(matrixTag);
  return {
    index: stream.index,
    codec: stream.codec_name,
    widthPx: width,
    heightPx: height,
    pixelFormat,
    luma,
    bitDepth: luma.bitDepth,
    range: rangeOf(luma, stream.codec_name, tag(stream.color_range) ?? tag(first.color_range)),
    matrix: matrix ?? (height >= hdHeightPx ? 'bt709' : 'bt601'),
    isMatrixTagged: matrix !== undefined,
    colors: {
      matrix: luma.isRgb ? 'bt709' : matrixTag,
      primaries: tag(stream.color_primaries) ?? tag(first.color_primaries),
      transfer,
      chromaLocation: luma.isRgb ? undefined : (tag(stream.chroma_location) ?? tag(first.chroma_location)),
    },
    ...fieldsOf(stream, frames),
    sampleAspect: ratio(stream.sample_aspect_ratio, ':'),
    rotationDegrees: rotationOf(stream),
    mirror: mirrorOf(stream),
    timeBase: ratio(stream.time_base, '/') ?? { num: 1, den: 90_000 },
    averageFrameRate: ratio(stream.avg_frame_rate, '/'),
    baseFrameRate: ratio(stream.r_frame_rate, '/'),
    startPts: stream.start_pts,
    frameCount: stream.nb_frames === undefined ? undefined : Number(stream.nb_frames),
    tags: stream.tags ?? {},
    dispositions: dispositionsOf(stream),
    // Matroska states it in a tag; of a track with one picture ffprobe gives the whole film's duration.
    durationS: clockSeconds(stream.tags?.['DURATION']) ?? seconds(stream.duration),
  };
}

function namedPlan(source: SourceInput, pixelFormat: string): LumaPlan {
  try {
    return lumaPlan(pixelFormat);
  } catch (error) {
    if (!(error instanceof AppError) || error.cure === undefined) throw error;
    throw new AppError(error.code, `${source.name}: ${error.message}`, { cure: error.cure, cause: error });
  }
}

function rangeOf(luma: LumaPlan, codec: string, tagged: string | undefined): LumaRange {
  if (luma.range !== undefined) return luma.range;
  if (tagged === 'pc' || tagged === 'full' || tagged === 'jpeg') return 'full';
  if (tagged !== undefined) return 'limited';
  return luma.isGray && !limitedGrayCodecs.includes(codec) ? 'full' : 'limited';
}

function matrixOf(colorSpace: string | undefined): YuvMatrix | undefined {
  if (colorSpace === undefined) return undefined;
  if (colorSpace.startsWith('bt2020')) return 'bt2020';
  if (colorSpace === 'bt709' || colorSpace === 'smpte240m') return 'bt709';
  return ['smpte170m', 'bt470bg', 'bt470m', 'fcc'].includes(colorSpace) ? 'bt601' : undefined;
}

function fieldsOf(
  stream: ProbedStream,
  frames: readonly ProbedFrame[],
): Pick<VideoInfo, 'fieldOrder' | 'isFieldOrderKnown' | 'unmarkedFields'> {
  const woven = frames.find((frame) => frame.interlaced_frame === 1);
  if (woven !== undefined) {
    return {
      fieldOrder: woven.top_field_first === 1 ? 'top-first' : 'bottom-first',
      isFieldOrderKnown: true,
      unmarkedFields: 'progressive',
    };
  }
  // ffprobe uses two letters: the field that is coded first, then the field that is shown first.
  const order = stream.field_order ?? 'unknown';
  if (order === 'tt' || order === 'bt') return unmarked('top-first', true);
  if (order === 'bb' || order === 'tb') return unmarked('bottom-first', true);
  return unmarked('progressive', order === 'progressive');
}

/** Only the container tells the field order. */
function unmarked(
  fieldOrder: FieldOrder,
  isFieldOrderKnown: boolean,
): Pick<VideoInfo, 'fieldOrder' | 'isFieldOrderKnown' | 'unmarkedFields'> {
  return { fieldOrder, isFieldOrderKnown, unmarkedFields: fieldOrder };
}

/** The display matrix, if it mirrors: its determinant is below 0. */
function mirrorOf(stream: ProbedStream): readonly number[] | undefined {
  const text = stream.side_data_list?.find(({ displaymatrix }) => displaymatrix !== undefined)?.displaymatrix;
  const matrix = (text ?? '').split('\n').flatMap((line) =>
    line
      .replace(/^\s*\w+:/, '')
      .split(/\s+/)
      .filter((word) => word !== '')
      .map(Number),
  );
  const [a = 1, b = 0, , c = 0, d = 1] = matrix;
  return matrix.length === 9 && a * d < b * c ? matrix : undefined;
}

/** ffprobe counts anticlockwise and ignores that a matrix may mirror. */
function rotationOf(stream: ProbedStream): 0 | 90 | 180 | 270 {
  const [a = 1, b = 0] = mirrorOf(stream) ?? [-1];
  const matrix = stream.side_data_list?.find((entry) => entry.rotation !== undefined)?.rotation;
  const turned = matrix === undefined ? Number(stream.tags?.['rotate'] ?? 0) : -matrix;
  const clockwise = mirrorOf(stream) === undefined ? turned : (Math.atan2(b, -a) * 180) / Math.PI;
  const quarters = ((Math.round(clockwise / 90) % 4) + 4) % 4;
  return ([0, 90, 180, 270] as const)[quarters] ?? 0;
}

function describeOther(stream: ProbedStream): OtherStream {
  const kind = kindOf(stream);
  const codec = stream.codec_name ?? 'unknown';
  const label = stream.tags?.['title'] ?? stream.tags?.['filename'] ?? stream.tags?.['language'];
  // Some tracks (timecode) have a tag only; ffprobe shows an empty tag as [0][0][0][0].
  const fourcc = stream.codec_tag_string?.startsWith('[0]') === true ? undefined : stream.codec_tag_string;
  const format = stream.codec_name ?? fourcc ?? 'unknown';
  return {
    index: stream.index,
    kind,
    codec,
    title: `${kind}${label === undefined ? '' : ` "${label}"`} (${format})`,
    timeBase: ratio(stream.time_base, '/') ?? { num: 1, den: 90_000 },
    sampleRate: count(stream.sample_rate),
    channels: stream.channels === 0 ? undefined : stream.channels,
    sampleFormat: stream.sample_fmt,
    bits: count(stream.bits_per_raw_sample),
    tags: stream.tags ?? {},
    dispositions: dispositionsOf(stream),
  };
}

function dispositionsOf({ disposition = {} }: ProbedStream): string[] {
  return Object.keys(disposition).filter((name) => disposition[name] === 1);
}

function kindOf(stream: ProbedStream): OtherStream['kind'] {
  if (stream.codec_type === 'video') return isCover(stream) ? 'picture' : 'video';
  const known = ['audio', 'subtitle', 'attachment'] as const;
  return known.find((kind) => kind === stream.codec_type) ?? 'data';
}

function timecodeOf(file: ProbedFile): string | undefined {
  const places = [file.format.tags, ...file.streams.map((stream) => stream.tags)];
  return places.map((tags) => tags?.['timecode'] ?? tags?.['TIMECODE']).find((value) => value !== undefined);
}

function noticesOf(video: VideoInfo, file: ProbedFile): string[] {
  const notices = video.luma.notice === undefined ? [] : [video.luma.notice];
  const pictures = file.streams.filter((stream) => stream.codec_type === 'video' && !isCover(stream));
  if (pictures.length > 1)
    notices.push(`${pictures.length} picture streams: stream ${video.index} is colorized`);
  return notices;
}

/** ffprobe's tag, without its placeholders for "nothing". */
function tag(value: string | undefined): string | undefined {
  return value === 'unknown' || value === 'unspecified' || value === 'reserved' ? undefined : value;
}

function ratio(value: string | undefined, separator: string): Rational | undefined {
  const [num = 0, den = 0] = (value ?? '').split(separator).map(Number);
  return num > 0 && den > 0 ? { num, den } : undefined;
}

function seconds(value: string | undefined): number | undefined {
  const number = Number(value);
  return value !== undefined && Number.isFinite(number) && number > 0 ? number : undefined;
}

/** A number above 0 in ffprobe's words. */
function count(value: string | undefined): number | undefined {
  const number = Number(value);
  return number > 0 ? number : undefined;
}

/** Matroska's `00:01:02.500000000`. */
function clockSeconds(value: string | undefined): number | undefined {
  const match = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(value ?? '');
  if (match === null) return undefined;
  return Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
}

function noPicture(source: SourceInput, file: ProbedFile): AppError {
  const kinds = [...new Set(file.streams.map((stream) => stream.codec_type ?? 'unknown'))].join(', ');
  return new AppError(
    'INPUT_UNSUPPORTED',
    `${source.name}: expected a film but the file has only: ${kinds || 'nothing'}`,
    {
      cure: 'name a file that has a picture stream',
    },
  );
}

function noFrame(source: SourceInput): AppError {
  return new AppError('INPUT_UNSUPPORTED', `${source.name}: expected frames but no frame can be decoded`, {
    cure: 'see what ffmpeg prints: ffmpeg -i INPUT -f null -',
  });
}

function highDynamicRange(source: SourceInput, transfer: string): AppError {
  return new AppError(
    'INPUT_UNSUPPORTED',
    `${source.name}: expected standard dynamic range but got HDR (${transfer})`,
    {
      cure:
        'map it to standard range first: ffmpeg -i INPUT -vf zscale=t=linear:npl=100,format=gbrpf32le,' +
        'zscale=p=bt709,tonemap=hable,zscale=t=bt709:m=bt709:r=tv,format=yuv420p -c:a copy SDR.mkv',
    },
  );
}
