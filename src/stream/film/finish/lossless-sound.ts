/** Converts sound without loss. */
import type { OtherStream } from '../../../ingest/film/source-info.ts';
import type { Container } from '../encode/encoders.ts';

/** The sound formats of ffmpeg's decoders with their bits per sample; 0: floating point. */
const sampleBits: Readonly<Record<string, number>> = {
  u8: 8,
  s16: 16,
  s32: 32,
  s64: 64,
  flt: 0,
  dbl: 0,
};
/** Apart from PCM, no lossless codec keeps more bits than these. */
const mostCodedBits = 24;
const mostCodedChannels = 8;
/** Codecs that store the recorded samples, so a conversion must not change any of them. */
const losslessCodec = /^(?:pcm_|wavpack$|flac$|alac$|tta$|mp4als$|truehd$|mlp$|shorten$|ape$)/;

/**
 * Chooses a lossless encoder for sound that the container can't carry unchanged: PCM if the container accepts it, else
 * FLAC or ALAC. Sound with lossy coding is decoded and kept with 16 or 24 bits.
 * @returns ffmpeg's encoder; undefined if the container accepts none
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
