import { buildArgs, passthroughArgs } from '../../../ingest/ffmpeg/command.ts';
import type { FieldOrder, LumaRange, Rational } from '../../../frame.ts';
import type { EncoderPlan } from './encoders.ts';
import type { FrameLayout } from '../../pixels/compose.ts';

/** ffmpeg's colour tags of the film; absent if the source has none. */
export interface ColorTags {
  readonly matrix: string;
  readonly primaries?: string | undefined;
  readonly transfer?: string | undefined;
  readonly chromaLocation?: string | undefined;
}

/** Output that shows before and after in one picture: side by side, or with the left half gray. */
export type Compare = 'side' | 'split';

export interface EncodeSettings {
  readonly plan: EncoderPlan;
  /** Of the frames' pts. */
  readonly timeBase: Rational;
  /** Added to every pts in the segments, because NUT has no times below 0. In ticks, and a whole number of seconds. */
  readonly headroom: number;
  readonly colors: ColorTags;
  readonly fieldOrder: FieldOrder;
  /** Threads of the encoder, if its output depends on their number; undefined: as many as it likes. */
  readonly threads?: number | undefined;
  readonly compare?: Compare | undefined;
}

/**
 * Builds the arguments of the ffmpeg that encodes one segment: raw frames in NUT on standard input, NUT on the
 * output.
 */
export function encodeArgs(settings: EncodeSettings, layout: FrameLayout, url: string): string[] {
  const { plan, colors } = settings;
  const range = layout.range === 'full' ? 'pc' : 'tv';
  return buildArgs({
    global: ['-y', '-copyts'],
    inputs: [{ url: 'pipe:0', options: ['-f', 'nut'] }],
    outputs: [
      {
        url,
        options: [
          ...['-map', '0:v'],
          ...passthroughArgs(settings.timeBase),
          ...['-vf', filters(settings, range, layout.bitDepth).join(',')],
          ...plan.args,
          ...(settings.threads === undefined ? [] : ['-threads', String(settings.threads)]),
          ...[
            '-flags',
            settings.fieldOrder === 'progressive' ? '+global_header' : '+global_header+ilme+ildct',
          ],
          ...colorArgs(colors, layout.range),
          ...interlaceFlags(settings),
          // NUT stores no decoding times, so negative ones (B-frames) need no shift of the whole film.
          ...['-avoid_negative_ts', 'disabled', '-f', 'nut'],
        ],
      },
    ],
  });
}

/** Colour tags of an output stream, encoded or copied. */
export function colorArgs(colors: ColorTags, lumaRange: LumaRange): string[] {
  return [
    ...['-color_range', lumaRange === 'full' ? 'pc' : 'tv', '-colorspace', colors.matrix],
    ...(colors.primaries === undefined ? [] : ['-color_primaries', colors.primaries]),
    ...(colors.transfer === undefined ? [] : ['-color_trc', colors.transfer]),
    ...(colors.chromaLocation === undefined ? [] : ['-chroma_sample_location', colors.chromaLocation]),
  ];
}

function filters(settings: EncodeSettings, range: string, bitDepth: number): string[] {
  const { colors } = settings;
  const tags = [
    `range=${range}`,
    `colorspace=${colors.matrix}`,
    ...(colors.primaries === undefined ? [] : [`color_primaries=${colors.primaries}`]),
    ...(colors.transfer === undefined ? [] : [`color_trc=${colors.transfer}`]),
  ];
  return [
    `setparams=${tags.join(':')}`,
    ...(settings.fieldOrder === 'progressive'
      ? []
      : [`setfield=${settings.fieldOrder === 'top-first' ? 'tff' : 'bff'}`]),
    ...(settings.compare === undefined ? [] : [compareFilter(settings.compare, bitDepth)]),
  ];
}

/** Gray is the colour frame with neutral chroma, so before and after are the same frame with the same luma. */
function compareFilter(compare: Compare, bitDepth: number): string {
  const neutral = 2 ** (bitDepth - 1);
  const gray = `lutyuv=u=${neutral}:v=${neutral}`;
  const half = 'floor(iw/4)*2';
  return compare === 'side'
    ? `split[a][b];[a]${gray}[g];[g][b]hstack`
    : `split[a][b];[a]crop=${half}:ih:0:0,${gray}[g];[b]crop=iw-${half}:ih:${half}:0[c];[g][c]hstack`;
}

function interlaceFlags(settings: EncodeSettings): string[] {
  if (settings.fieldOrder === 'progressive') return [];
  const isTopFirst = settings.fieldOrder === 'top-first';
  const order = ['-field_order', isTopFirst ? 'tt' : 'bb'];
  return settings.plan.codec === 'libx264'
    ? ['-x264-params', isTopFirst ? 'tff=1' : 'bff=1', ...order]
    : order;
}
