/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import sharp, { type Sharp } from 'sharp';
import type { SizePx } from '../../../frame.ts';
import type { Random } from '../../random.ts';

/** A picture and its colour, as in the data set. */
export interface LumaAndColour {
  readonly size: SizePx;
  /** `[h * w]` full-range bytes */
  readonly luma: Uint8Array;
  /** `[2, h, w]` a*, b* */
  readonly ab: Int8Array;
}

/** How pictures are varied. */
export interface Variation {
  /** 0 leaves them as they are, 1 is usual */
  readonly strength: number;
  /** whether the camera is fixed: no mirror images, no crops */
  readonly isFixed: boolean;
}

/** The least part of a picture's sides that a crop shows. */
const leastCrop = 0.6;
/** Shares of pictures that get each fault of films and cameras. */
const odds = { mirror: 0.5, crop: 0.7, tone: 0.6, blur: 0.25, grain: 0.35, jpeg: 0.25 };
const maxGamma = 1.5;
const maxBlurPx = 1.2;
const maxGrain = 10;

/**
 * Varies a picture as films and cameras do: mirror image and crop for luma and colour together, then gamma and
 * contrast, blur, grain and JPEG for luma alone, whose colour remains the truth.
 * @returns new arrays the caller owns, of the same size
 */
export async function augment(
  picture: LumaAndColour,
  random: Random,
  { strength, isFixed }: Variation,
): Promise<LumaAndColour> {
  if (strength === 0) return picture;
  const happens = (share: number): boolean => random.uniform() < share;
  const { size } = picture;
  const isCropped = happens(odds.crop * Math.min(1, strength)) && !isFixed;
  const region = isCropped ? randomRegion(random, strength) : wholePicture;
  const isMirrored = happens(odds.mirror) && !isFixed;
  const planes = [
    picture.luma,
    picture.ab.subarray(0, picture.luma.length),
    picture.ab.subarray(picture.luma.length),
  ];
  const [luma, a, b] = planes.map((plane) => resample(plane, size, region, isMirrored)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const toned = Uint8ClampedArray.from(luma);
  if (happens(odds.tone)) changeTone(toned, random, strength);
  const ab = new Int8Array(a.length * 2);
  ab.set(a.map(Math.round), 0);
  ab.set(b.map(Math.round), a.length);
  return { size, luma: await wear(toned, size, random, strength), ab };
}

/** Left, top, and size of a part, as fractions of the whole. */
interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const wholePicture: Region = { left: 0, top: 0, width: 1, height: 1 };

/** The two sides vary a little independently, so objects become up to a seventh wider or narrower. */
function randomRegion(random: Random, strength: number): Region {
  const scale = random.between(1 - (1 - leastCrop) * Math.min(1, strength), 1);
  const stretch = random.between(0.93, 1.07);
  const width = Math.min(1, scale * stretch);
  const height = Math.min(1, scale / stretch);
  return { left: random.between(0, 1 - width), top: random.between(0, 1 - height), width, height };
}

/** Bilinear, half-pixel centres, edges clamped. */
function resample(
  plane: Uint8Array | Int8Array,
  { widthPx, heightPx }: SizePx,
  region: Region,
  isMirrored: boolean,
): Float32Array {
  const out = new Float32Array(plane.length);
  if (region === wholePicture && !isMirrored) {
    out.set(plane);
    return out;
  }
  const columns = positions(widthPx, region.left, region.width);
  if (isMirrored) columns.reverse();
  const rows = positions(heightPx, region.top, region.height);
  for (let y = 0; y < heightPx; y++) {
    const top = Math.floor(rows[y]!);
    const below = rows[y]! - top;
    const from = top * widthPx;
    const next = Math.min(top + 1, heightPx - 1) * widthPx;
    for (let x = 0; x < widthPx; x++) {
      const left = Math.floor(columns[x]!);
      const right = Math.min(left + 1, widthPx - 1);
      const beside = columns[x]! - left;
      const upper = plane[from + left]! * (1 - beside) + plane[from + right]! * beside;
      const lower = plane[next + left]! * (1 - beside) + plane[next + right]! * beside;
      out[y * widthPx + x] = upper * (1 - below) + lower * below;
    }
  }
  return out;
}

function positions(size: number, start: number, share: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) =>
    Math.min(Math.max((start + ((i + 0.5) / size) * share) * size - 0.5, 0), size - 1),
  );
}

function changeTone(luma: Uint8ClampedArray, random: Random, strength: number): void {
  const gamma = maxGamma ** random.between(-strength, strength);
  const contrast = 1 + random.between(-0.3, 0.15) * strength;
  const brightness = random.between(-20, 20) * strength;
  const table = Uint8ClampedArray.from(
    { length: 256 },
    (_, value) => (255 * (value / 255) ** gamma - 128) * contrast + 128 + brightness,
  );
  for (let i = 0; i < luma.length; i++) luma[i] = table[luma[i]!]!;
}

/** Imitates what lenses, emulsions and encoders do to a picture, in that order. */
async function wear(
  luma: Uint8ClampedArray,
  { widthPx, heightPx }: SizePx,
  random: Random,
  strength: number,
): Promise<Uint8Array> {
  const isBlurred = random.uniform() < odds.blur;
  const isGrainy = random.uniform() < odds.grain;
  const isCompressed = random.uniform() < odds.jpeg;
  const sigma = 0.3 + random.between(0, maxBlurPx) * strength;
  const quality = Math.round(random.between(30, 85));
  const raw = { width: widthPx, height: heightPx, channels: 1 } as const;
  let bytes: Uint8Array = new Uint8Array(luma);
  if (isBlurred) bytes = await gray(sharp(bytes, { raw }).blur(sigma));
  if (isGrainy) addGrain(bytes, random, random.between(1, maxGrain) * strength);
  if (isCompressed) bytes = await gray(sharp(await sharp(bytes, { raw }).jpeg({ quality }).toBuffer()));
  return bytes;
}

async function gray(picture: Sharp): Promise<Uint8Array> {
  return Uint8Array.from(await picture.toColourspace('b-w').raw().toBuffer());
}

/**
 * Gaussian noise from a short table, starting at a random entry. A new number for each pixel would cost most of the
 * time.
 */
function addGrain(bytes: Uint8Array, random: Random, deviation: number): void {
  const table = Float32Array.from({ length: 1021 }, () => random.normal() * deviation);
  let at = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (i % 64 === 0) at = Math.floor(random.uniform() * table.length);
    bytes[i] = Math.min(255, Math.max(0, Math.round(bytes[i]! + table[at++ % table.length]!)));
  }
}
