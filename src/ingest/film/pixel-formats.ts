import { AppError } from '../../errors.ts';
import type { ChromaFormat } from '../../frame.ts';
import { pixelFormatName } from '../nut/raw-tags.ts';

/** How ffmpeg extracts the luma of a picture. */
export interface LumaPlan {
  /** Filters that produce one gray plane, in the order of `-vf`. */
  readonly filters: readonly string[];
  /** 8, 9, 10, 12, 14 or 16; little-endian above 8 */
  readonly bitDepth: number;
  /**
   * `plane`: the samples as they are stored. `reordered`: the same samples from an interleaved layout.
   * `converted`: the source has no luma, so it is computed.
   */
  readonly how: 'plane' | 'reordered' | 'converted';
  /** The range, if the format itself defines it; undefined if the stream's tag decides. */
  readonly range?: 'limited' | 'full';
  /** The source has no chroma. */
  readonly isGray: boolean;
  readonly isRgb: boolean;
  /** A message for the user; only if samples change. */
  readonly notice?: string;
}

const planar = /^yuv(j?)(a?)(4(?:20|22|40|44|10|11))p(9|10|12|14|16)?(?:[lb]e)?$/;
const gray = /^gray(9|10|12|14|16)?(?:[lb]e)?$/;
const grayAlpha = /^ya(8|16)(?:[lb]e)?$/;

/** Interleaved layouts and the planar format that holds the same samples. */
const planarTwins: Readonly<Record<string, string>> = {
  nv12: 'yuv420p',
  nv21: 'yuv420p',
  nv24: 'yuv444p',
  nv42: 'yuv444p',
  yuyv422: 'yuv422p',
  uyvy422: 'yuv422p',
  yvyu422: 'yuv422p',
  vuya: 'yuv444p',
  vuyx: 'yuv444p',
  p010: 'yuv420p10le',
  p012: 'yuv420p12le',
  p016: 'yuv420p16le',
  p210: 'yuv422p10le',
  p212: 'yuv422p12le',
  p216: 'yuv422p16le',
  p410: 'yuv444p10le',
  p412: 'yuv444p12le',
  p416: 'yuv444p16le',
  y210: 'yuv422p10le',
  y212: 'yuv422p12le',
  xv30: 'yuv444p10le',
  xv36: 'yuv444p12le',
  ayuv64: 'yuv444p16le',
};

/** R'G'B' layouts by bits per component; `pal8` and the small layouts unpack to 8 bits. */
const rgbDepths: readonly (readonly [RegExp, number])[] = [
  [/^(?:rgb24|bgr24|argb|rgba|abgr|bgra|0rgb|rgb0|0bgr|bgr0|gbrp|gbrap|pal8)$/, 8],
  [/^(?:rgb|bgr)(?:8|4|4_byte|565[lb]e|555[lb]e|444[lb]e)$/, 8],
  [/^gbra?p9[lb]e$/, 9],
  [/^(?:gbra?p10|x2rgb10|x2bgr10)[lb]e$/, 10],
  [/^gbra?p12[lb]e$/, 12],
  [/^gbra?p14[lb]e$/, 14],
  [/^(?:gbra?p16|rgb48|bgr48|rgba64|bgra64)[lb]e$/, 16],
];

/** Formats that are known but not supported, with the reason. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/^xyz/, 'CIE XYZ (digital cinema) has no luma'],
  [/^bayer_/, 'a Bayer mosaic must be developed first'],
  [/f(?:16|32)(?:[lb]e)?$/, 'linear-light floating point has no luma'],
];

/**
 * Says how to get the luma plane of a pixel format.
 * @param pixelFormat - ffmpeg's name: `yuv420p10le`
 * @throws {AppError} INPUT_UNSUPPORTED, naming the format, if its luma can neither be kept nor computed
 */
export function lumaPlan(pixelFormat: string): LumaPlan {
  const plan =
    storedPlan(pixelFormat) ?? reorderedPlan(pixelFormat) ?? monoPlan(pixelFormat) ?? rgbPlan(pixelFormat);
  if (plan !== undefined) return plan;
  const reason = refusals.find(([names]) => names.test(pixelFormat))?.[1] ?? 'this layout is unknown';
  throw new AppError('INPUT_UNSUPPORTED', `pixel format ${pixelFormat}: ${reason}`, {
    cure: 'convert it first: ffmpeg -i INPUT -vf format=yuv444p16le -c:v ffv1 -c:a copy CONVERTED.mkv',
    details: { pixelFormat },
  });
}

function storedPlan(name: string): LumaPlan | undefined {
  const yuv = planar.exec(name);
  const isGray = gray.test(name) || grayAlpha.test(name);
  if (yuv === null && !isGray) return undefined;
  const depth = yuv?.[4] ?? gray.exec(name)?.[1] ?? grayAlpha.exec(name)?.[1] ?? '8';
  return {
    // The first filter changes at most the byte order.
    filters: [`format=${name.replace(/be$/, 'le')}`, 'extractplanes=y'],
    bitDepth: Number(depth),
    how: 'plane',
    isGray,
    isRgb: false,
    ...(yuv?.[1] === 'j' ? { range: 'full' as const } : {}),
  };
}

function reorderedPlan(name: string): LumaPlan | undefined {
  // swscale reads big-endian samples only for the p0xx family.
  const twin = planarTwins[name.replace(name.startsWith('p') ? /[lb]e$/ : /le$/, '')];
  if (twin === undefined) return undefined;
  const bitDepth = Number(planar.exec(twin)?.[4] ?? '8');
  return {
    filters: [`format=${twin}`, 'extractplanes=y'],
    bitDepth,
    how: 'reordered',
    isGray: false,
    isRgb: false,
  };
}

function monoPlan(name: string): LumaPlan | undefined {
  if (name !== 'monow' && name !== 'monob') return undefined;
  return {
    filters: ['format=gray'],
    bitDepth: 8,
    how: 'reordered',
    isGray: true,
    isRgb: false,
    range: 'full',
  };
}

function rgbPlan(name: string): LumaPlan | undefined {
  const bitDepth = rgbDepths.find(([names]) => names.test(name))?.[1];
  if (bitDepth === undefined) return undefined;
  const planarName = bitDepth === 8 ? 'yuv444p' : `yuv444p${bitDepth}le`;
  return {
    filters: [
      'scale=out_color_matrix=bt709:out_range=limited:flags=accurate_rnd+full_chroma_int',
      `format=${planarName}`,
      'extractplanes=y',
    ],
    bitDepth,
    how: 'converted',
    range: 'limited',
    isGray: false,
    isRgb: true,
    notice: `the source is RGB (${name}): its luma is computed with the BT.709 matrix, in limited range`,
  };
}

/**
 * Says how to get whole frames, chroma included. The luma is the one of the plan.
 * @param chroma - the chroma layout that the frames should have
 * @param byFields - scale the chroma of interlaced frames field by field
 * @returns filters in the order of `-vf`; undefined when the source has no chroma
 */
export function wholeFilters(
  plan: LumaPlan,
  chroma: ChromaFormat,
  byFields: boolean,
): readonly string[] | undefined {
  if (plan.isGray) return undefined;
  const before = plan.filters.filter((filter) => filter !== 'extractplanes=y');
  const format = /^format=(yuvj?)a?(?:4\d\dp)/.exec(before.at(-1) ?? '');
  if (format === null) return undefined;
  // A change of the name from yuvj to yuv would be taken for a change of the range.
  const wanted = pixelFormatName(chroma, plan.bitDepth).replace(/^yuv/, format[1] ?? 'yuv');
  return [...before, ...(byFields ? ['scale=interl=-1'] : []), `format=${wanted}`];
}
