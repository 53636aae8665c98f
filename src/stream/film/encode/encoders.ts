import { AppError } from '../../../errors.ts';
import { pixelFormatName } from '../../../ingest/nut/raw-tags.ts';
import type { ChromaFormat } from '../../../frame.ts';

/** A video encoder of ffmpeg that the program can use. */
export interface EncoderFacts {
  /** Supported bit depths. */
  readonly bitDepths: readonly number[];
  readonly chroma: readonly ChromaFormat[];
  /** Whether it supports 4:2:0 and 4:2:2 pictures of odd size. */
  readonly takesOddSizes: boolean;
  /** Whether each frame can be marked as interlaced or progressive. Default: false. */
  readonly marksFields?: boolean;
  readonly containers: readonly Container[];
  readonly defaultCrf?: number;
  readonly defaultPreset?: string;
  /** Its presets; absent: unknown. */
  readonly presets?: readonly string[];
  /** Arguments that set the quality; `crf` is on the encoder's own scale. */
  readonly quality: (crf: number | undefined, preset: string | undefined) => string[];
  /** It uses a device that may be missing, so it is tried before work starts; this encoder replaces it. */
  readonly fallback?: string;
}

export const containers = ['mp4', 'mkv', 'mov', 'webm'] as const;
export type Container = (typeof containers)[number];

/** ffmpeg's muxer names. */
export const muxerOf: Record<Container, string> = { mp4: 'mp4', mkv: 'matroska', mov: 'mov', webm: 'webm' };

const crfPreset = (crf: number | undefined, preset: string | undefined): string[] => [
  ...(crf === undefined ? [] : ['-crf', String(crf)]),
  ...(preset === undefined ? [] : ['-preset', preset]),
];
const hardware = (crf: number | undefined, preset: string | undefined): string[] => [
  ...(crf === undefined ? [] : ['-global_quality', String(crf), '-cq', String(crf)]),
  ...(preset === undefined ? [] : ['-preset', preset]),
];

/** Presets of libx264 and libx265. */
const x26Presets = 'ultrafast superfast veryfast faster fast medium slow slower veryslow placebo'.split(' ');
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

/** Short names of encoders. */
const aliases: Readonly<Record<string, string>> = {
  h264: 'libx264',
  hevc: 'libx265',
  h265: 'libx265',
  vp9: 'libvpx-vp9',
  av1: 'libsvtav1',
  prores: 'prores_ks',
};

/** Returns ffmpeg's name of an encoder from a short name. */
export function encoderName(asked: string): string {
  return aliases[asked] ?? asked;
}

/** The known encoders; others are refused by name. */
export const encoders: Readonly<Record<string, EncoderFacts>> = {
  libx264: {
    bitDepths: [8, 10],
    chroma: ['420', '422', '444'],
    takesOddSizes: false,
    marksFields: true,
    containers: ['mp4', 'mkv', 'mov'],
    defaultCrf: 18,
    defaultPreset: 'medium',
    presets: x26Presets,
    quality: crfPreset,
  },
  libx265: {
    bitDepths: [8, 10, 12],
    chroma: ['420', '422', '444'],
    takesOddSizes: false,
    containers: ['mp4', 'mkv', 'mov'],
    defaultCrf: 20,
    defaultPreset: 'medium',
    presets: x26Presets,
    quality: (crf, preset) => [...crfPreset(crf, preset), '-x265-params', 'log-level=warning'],
  },
  'libvpx-vp9': {
    bitDepths: [8, 10, 12],
    chroma: ['420', '422', '444'],
    takesOddSizes: true,
    containers: ['webm', 'mkv', 'mp4'],
    defaultCrf: 28,
    defaultPreset: '4',
    presets: numbers(-16, 16),
    quality: (crf, preset) => ['-b:v', '0', '-crf', String(crf), '-row-mt', '1', '-cpu-used', preset ?? '4'],
  },
  libsvtav1: {
    bitDepths: [8, 10],
    chroma: ['420'],
    takesOddSizes: false,
    containers: ['webm', 'mkv', 'mp4'],
    defaultCrf: 30,
    defaultPreset: '8',
    presets: numbers(0, 13),
    quality: crfPreset,
  },
  ffv1: {
    bitDepths: [8, 9, 10, 12, 14, 16],
    chroma: ['420', '422', '444'],
    takesOddSizes: true,
    marksFields: true,
    containers: ['mkv', 'mov'],
    quality: () => ['-level', '3', '-coder', '1', '-context', '1', '-g', '1', '-slicecrc', '1'],
  },
  prores_ks: {
    bitDepths: [10],
    chroma: ['422', '444'],
    takesOddSizes: false,
    marksFields: true,
    containers: ['mov', 'mkv'],
    defaultPreset: 'hq',
    presets: ['proxy', 'lt', 'standard', 'hq', '4444', '4444xq'],
    quality: (_crf, preset) => ['-profile:v', preset ?? 'hq'],
  },
  h264_nvenc: hardwareEncoder('libx264'),
  hevc_nvenc: hardwareEncoder('libx265'),
  h264_qsv: hardwareEncoder('libx264'),
  hevc_qsv: hardwareEncoder('libx265'),
  h264_videotoolbox: hardwareEncoder('libx264'),
  hevc_videotoolbox: hardwareEncoder('libx265'),
};

function hardwareEncoder(fallback: string): EncoderFacts {
  return {
    bitDepths: [8],
    chroma: ['420'],
    takesOddSizes: false,
    containers: ['mp4', 'mkv', 'mov'],
    defaultCrf: 21,
    quality: hardware,
    fallback,
  };
}

/** The user's encoder options; defaults replace missing ones. */
export interface EncoderOptions {
  readonly codec?: string | undefined;
  readonly crf?: number | undefined;
  readonly preset?: string | undefined;
  /** ffmpeg's name, for example `yuv422p10le` */
  readonly pixFmt?: string | undefined;
}

/** How the film is encoded. */
export interface EncoderPlan {
  readonly codec: string;
  readonly crf: number | undefined;
  readonly preset: string | undefined;
  /** Whether each frame can be marked as interlaced or progressive. */
  readonly marksFields: boolean;
  /** Chroma layout of the composed frames. */
  readonly chroma: ChromaFormat;
  /** ffmpeg's name of the encoder's input format. */
  readonly pixFmt: string;
  /** Arguments for `-c:v` and quality. */
  readonly args: readonly string[];
  /** What the user should know, one sentence each. */
  readonly notices: readonly string[];
}

/**
 * Chooses encoder, quality and chroma layout for a film, so that luma keeps its depth and size if the encoder can.
 * @param source - size and depth of the luma
 * @throws {AppError} USAGE when the options do not fit together; the error names what would
 */
export function planEncoder(
  source: { widthPx: number; heightPx: number; bitDepth: number },
  container: Container,
  asked: EncoderOptions,
): EncoderPlan {
  const codec = asked.codec ?? defaultCodec(source.bitDepth, container);
  const facts = encoders[codec];
  if (!facts) {
    throw new AppError(
      'USAGE',
      `--codec: expected one of ${Object.keys(encoders).join(', ')} but got "${codec}"`,
    );
  }
  if (!facts.containers.includes(container)) {
    throw new AppError(
      'USAGE',
      `--codec ${codec}: ${container} can't carry it; it can be in ${facts.containers.join(', ')}`,
      {
        cure: `name the output with .${facts.containers[0] ?? 'mkv'}, or choose another --codec`,
      },
    );
  }
  const notices: string[] = [];
  const format = asked.pixFmt === undefined ? undefined : parsePixFmt(asked.pixFmt);
  let chroma: ChromaFormat = format?.chroma ?? facts.chroma[0] ?? '420';
  const bitDepth = format?.bitDepth ?? nearestDepth(facts.bitDepths, source.bitDepth);
  if (!facts.chroma.includes(chroma) || !facts.bitDepths.includes(bitDepth)) {
    throw new AppError(
      'USAGE',
      `--pix-fmt ${asked.pixFmt ?? ''}: ${codec} takes 4:2:${facts.chroma.map((c) => c.slice(1)).join(', ')} at ${facts.bitDepths.join(', ')} bit`,
    );
  }
  const isOdd =
    (chroma !== '444' && source.widthPx % 2 === 1) || (chroma === '420' && source.heightPx % 2 === 1);
  if (isOdd && !facts.takesOddSizes) {
    if (!facts.chroma.includes('444') || format) {
      throw new AppError(
        'USAGE',
        `${codec} can't encode ${source.widthPx}x${source.heightPx} in 4:${chroma.slice(1, 2)}:${chroma.slice(2)}: an odd size needs 4:4:4`,
        { cure: 'choose --codec ffv1 or libvpx-vp9, or --pix-fmt yuv444p with libx264' },
      );
    }
    chroma = '444';
    notices.push(
      `${source.widthPx}x${source.heightPx} is odd: ${codec} gets 4:4:4 so that no luma is lost (some players can't show it)`,
    );
  }
  if (bitDepth !== source.bitDepth) {
    const isLoss = bitDepth < source.bitDepth;
    notices.push(
      isLoss
        ? `luma is rounded from ${source.bitDepth} to ${bitDepth} bit, ${format ? 'as --pix-fmt says' : `because ${codec} takes no more`}; --codec ffv1 keeps every bit`
        : `luma is widened from ${source.bitDepth} to ${bitDepth} bit for ${codec}`,
    );
  }
  const crf = asked.crf ?? facts.defaultCrf;
  const preset = asked.preset ?? facts.defaultPreset;
  checkPreset(codec, preset, facts.presets);
  return {
    codec,
    crf,
    preset,
    marksFields: facts.marksFields === true,
    chroma,
    pixFmt: pixelFormatName(chroma, bitDepth),
    args: ['-c:v', codec, ...facts.quality(crf, preset), '-pix_fmt', pixelFormatName(chroma, bitDepth)],
    notices,
  };
}

function checkPreset(codec: string, preset: string | undefined, known: readonly string[] | undefined): void {
  if (preset === undefined || known === undefined || known.includes(preset)) return;
  throw new AppError(
    'USAGE',
    `--preset ${preset}: ${codec} knows ${/\d/.test(known[0] ?? '') ? `${known[0] ?? ''} to ${known.at(-1) ?? ''}` : known.join(', ')}`,
    { cure: 'choose one of these, or leave --preset out' },
  );
}

function defaultCodec(bitDepth: number, container: Container): string {
  if (container === 'webm') return 'libvpx-vp9';
  if (bitDepth <= 10) return 'libx264';
  return bitDepth <= 12 ? 'libx265' : container === 'mp4' ? 'libx265' : 'ffv1';
}

function nearestDepth(depths: readonly number[], wanted: number): number {
  return depths.find((depth) => depth >= wanted) ?? depths.at(-1) ?? 8;
}

function parsePixFmt(name: string): { chroma: ChromaFormat; bitDepth: number } {
  const match = /^yuv(420|422|444)p(?:(9|10|12|14|16)(?:le)?)?$/.exec(name);
  if (!match) {
    throw new AppError(
      'USAGE',
      `--pix-fmt: expected yuv420p, yuv422p or yuv444p, optionally with 10le or 12le at the end, but got "${name}"`,
    );
  }
  return { chroma: match[1] as ChromaFormat, bitDepth: Number(match[2] ?? 8) };
}
