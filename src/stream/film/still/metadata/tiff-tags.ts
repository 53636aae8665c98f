/** Tags as TIFF stores them; EXIF is the same structure inside other files. */

/** One tag. */
export interface TiffTag {
  readonly tag: number;
  /** TIFF's number of the value's type, 1..13 */
  readonly type: number;
  /** Values, not bytes. */
  readonly count: number;
  /** Little-endian. */
  readonly value: Uint8Array;
}

/** One directory of tags, with the directories that it points to. */
export interface TiffDirectory {
  readonly tags: readonly TiffTag[];
  readonly exif: readonly TiffTag[];
  readonly gps: readonly TiffTag[];
}

/** The bytes of one value, by type: byte, text, short, long, rational, and their signed and floating-point variants. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
/** The bytes that are swapped together, by type: a rational is two longs. */
const swapBytes = [1, 1, 1, 2, 4, 4, 1, 1, 2, 4, 4, 4, 8, 4];
export const exifPointer = 0x8769;
export const gpsPointer = 0x8825;
const pointers: readonly number[] = [exifPointer, gpsPointer];
const mostTags = 1000;

/**
 * Reads the directories of a TIFF file or of an EXIF block (without its `Exif` header).
 * @returns one directory per page; none if the bytes are not a TIFF structure. Tags outside the bytes are left out
 */
export function readTiff(bytes: Uint8Array): TiffDirectory[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) return [];
  const order = view.getUint16(0);
  const isLittle = order === 0x4949;
  if ((!isLittle && order !== 0x4d4d) || view.getUint16(2, isLittle) !== 42) return [];
  const directories: TiffDirectory[] = [];
  const seen = new Set<number>();
  let at = view.getUint32(4, isLittle);
  while (at !== 0 && !seen.has(at)) {
    seen.add(at);
    const { tags, next } = readDirectory(bytes, at, isLittle);
    directories.push({
      tags: tags.filter(({ tag }) => !pointers.includes(tag)),
      exif: followPointer(bytes, tags, exifPointer, isLittle),
      gps: followPointer(bytes, tags, gpsPointer, isLittle),
    });
    at = next;
  }
  return directories;
}

function followPointer(
  bytes: Uint8Array,
  tags: readonly TiffTag[],
  pointer: number,
  isLittle: boolean,
): readonly TiffTag[] {
  const found = tags.find(({ tag }) => tag === pointer);
  return found === undefined ? [] : readDirectory(bytes, numberOf(found) ?? 0, isLittle).tags;
}

function readDirectory(
  bytes: Uint8Array,
  at: number,
  isLittle: boolean,
): { readonly tags: TiffTag[]; readonly next: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at < 8 || at + 2 > bytes.length) return { tags: [], next: 0 };
  const count = Math.min(view.getUint16(at, isLittle), mostTags);
  const tags: TiffTag[] = [];
  for (let i = 0; i < count; i++) {
    const entry = at + 2 + 12 * i;
    if (entry + 12 > bytes.length) return { tags, next: 0 };
    const type = view.getUint16(entry + 2, isLittle);
    const valueCount = view.getUint32(entry + 4, isLittle);
    const size = (typeBytes[type] ?? 0) * valueCount;
    const from = size <= 4 ? entry + 8 : view.getUint32(entry + 8, isLittle);
    if (size === 0 || from + size > bytes.length) continue;
    const value = Uint8Array.from(bytes.subarray(from, from + size));
    if (!isLittle) swapEach(value, swapBytes[type] ?? 1);
    tags.push({ tag: view.getUint16(entry, isLittle), type, count: valueCount, value });
  }
  const end = at + 2 + 12 * count;
  return { tags, next: end + 4 <= bytes.length ? view.getUint32(end, isLittle) : 0 };
}

function swapEach(value: Uint8Array, width: number): void {
  for (let i = 0; width > 1 && i + width <= value.length; i += width) value.subarray(i, i + width).reverse();
}

/** The first value of a tag with whole numbers. */
export function numberOf({ type, value }: TiffTag): number | undefined {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (type === 3) return view.getUint16(0, true);
  if (type === 4 || type === 13) return view.getUint32(0, true);
  return type === 1 ? value[0] : undefined;
}

/** A tag with one 16-bit number. */
export function shortTag(tag: number, value: number): TiffTag {
  return { tag, type: 3, count: 1, value: Uint8Array.of(value & 0xff, value >> 8) };
}

/** A tag with one 32-bit number. */
export function longTag(tag: number, value: number): TiffTag {
  return { tag, type: 4, count: 1, value: new Uint8Array(Uint32Array.of(value).buffer) };
}

/** A tag with one fraction, to a thousandth. */
function rationalTag(tag: number, value: number): TiffTag {
  const isWhole = Number.isInteger(value);
  const parts = Uint32Array.of(isWhole ? value : Math.round(value * 1000), isWhole ? 1 : 1000);
  return { tag, type: 5, count: 1, value: new Uint8Array(parts.buffer) };
}

/** The numbers of the tags that are read or written by name. */
export const tagNumbers = {
  orientation: 274,
  resolutionX: 282,
  resolutionY: 283,
  resolutionUnit: 296,
  xmp: 700,
  iptc: 33723,
  photoshop: 34377,
  icc: 34675,
} as const;
const inch = 2;

/** The tags for the resolution. @param density - pixels per inch, across and down */
export function resolutionTags(density: number): TiffTag[] {
  return [
    rationalTag(tagNumbers.resolutionX, density),
    rationalTag(tagNumbers.resolutionY, density),
    shortTag(tagNumbers.resolutionUnit, inch),
  ];
}

/** A tag with bytes whose meaning another standard defines. */
export function bytesTag(tag: number, value: Uint8Array, type: 1 | 7 = 7): TiffTag {
  return { tag, type, count: value.length, value };
}

/**
 * Writes a directory as bytes: its tags, then those it points to, then the values.
 * @param at - where the bytes will be in the file; even
 * @param next - where the next page's directory is; 0: there is none
 */
export function writeDirectory(directory: TiffDirectory, at: number, next: number): Uint8Array {
  const hasExif = directory.exif.length > 0;
  const hasGps = directory.gps.length > 0;
  const placeholders = [
    ...(hasExif ? [longTag(exifPointer, 0)] : []),
    ...(hasGps ? [longTag(gpsPointer, 0)] : []),
  ];
  const mainBytes = sizeOf([...directory.tags, ...placeholders]);
  const exifAt = at + mainBytes;
  const gpsAt = exifAt + (hasExif ? sizeOf(directory.exif) : 0);
  const main = [
    ...directory.tags,
    ...(hasExif ? [longTag(exifPointer, exifAt)] : []),
    ...(hasGps ? [longTag(gpsPointer, gpsAt)] : []),
  ];
  return Buffer.concat([
    writeTags(main, at, next),
    ...(hasExif ? [writeTags(directory.exif, exifAt, 0)] : []),
    ...(hasGps ? [writeTags(directory.gps, gpsAt, 0)] : []),
  ]);
}

function sizeOf(tags: readonly TiffTag[]): number {
  const values = tags.reduce((sum, { value }) => sum + (value.length > 4 ? evenSize(value) : 0), 0);
  return 2 + 12 * tags.length + 4 + values;
}

function evenSize({ length }: Uint8Array): number {
  return length + (length % 2);
}

function writeTags(tags: readonly TiffTag[], at: number, next: number): Uint8Array {
  const out = Buffer.alloc(sizeOf(tags));
  const ordered = tags.toSorted((a, b) => a.tag - b.tag);
  out.writeUInt16LE(ordered.length, 0);
  let valueAt = 2 + 12 * ordered.length + 4;
  for (const [i, { tag, type, count, value }] of ordered.entries()) {
    const entry = 2 + 12 * i;
    out.writeUInt16LE(tag, entry);
    out.writeUInt16LE(type, entry + 2);
    out.writeUInt32LE(count, entry + 4);
    if (value.length <= 4) {
      out.set(value, entry + 8);
      continue;
    }
    out.writeUInt32LE(at + valueAt, entry + 8);
    out.set(value, valueAt);
    valueAt += evenSize(value);
  }
  out.writeUInt32LE(next, 2 + 12 * ordered.length);
  return out;
}

/** Writes one directory as an EXIF block, without the `Exif` header. */
export function writeExif(directory: TiffDirectory): Uint8Array {
  const header = Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  return Buffer.concat([header, writeDirectory(directory, 8, 0)]);
}
