/** Sound that is converted without loss. */
import type { OtherStream } from '../../../ingest/film/source-info.ts';
import type { Container } from '../encode/encoders.ts';

/** Sound formats of ffmpeg's decoders: bits of a sample; 0: a floating-point number. */
const sampleBits: Readonly<Record<string, number>> = {
  u8: 8,
  s16: 16,
  s32: 32,
  s64: 64,
  flt: 0,
  dbl: 0,
};
/** More bits than these no lossless codec but PCM keeps. */
const mostCodedBits = 24;
const mostCodedChannels = 8;
/** Codecs whose samples are the recorded ones, so that converting them must not change one. */
const losslessCodec = /^(?:pcm_|wavpack$|flac$|alac$|tta$|mp4als$|truehd$|mlp$|shorten$|ape$)/;

/**
 * Chooses an encoder that keeps sound whole which the container can't carry as it is: PCM where the container takes it, else
 * FLAC or ALAC. Sound that was coded with a loss is decoded and kept with 16 or 24 bits.
 * @returns ffmpeg's encoder; undefined where the container has none
 */
export function losslessEncoder(stream: OtherStream, container: Container): string | undefined {
  const { codec, sampleFormat, channels } = stream;
  if (stream.kind !== 'audio' || sampleFormat === undefined || channels === undefined) return undefined;
  const isPcm = codec.startsWith('pcm_');
  if (isPcm && (container === 'mkv' || container === 'mov')) return pcmEncoder(stream);
  const bits = bitsOf(stream);
  if (bits > mostCodedBits || (losslessCodec.test(codec) && bits === 0) || channels > mostCodedChannels)
    return undefined;
  return { mkv: 'flac', mp4: 'alac', mov: 'alac', webm: undefined }[container];
}

function pcmEncoder(stream: OtherStream): string | undefined {
  if (stream.sampleFormat?.startsWith('flt') === true) return 'pcm_f32le';
  if (stream.sampleFormat?.startsWith('dbl') === true) return 'pcm_f64le';
  const bits = bitsOf(stream);
  return [16, 24, 32].filter((most) => bits <= most).map((most) => `pcm_s${most}le`)[0];
}

/** Bits of a sample; 0: floating point. */
function bitsOf({ sampleFormat = '', bits }: OtherStream): number {
  const stored = sampleBits[sampleFormat.replace(/p$/, '')] ?? 0;
  return stored === 0 ? 0 : (bits ?? stored);
}
