/** A box of an ISO base media file. */
export interface Mp4Box {
  /** Four characters. */
  readonly type: string;
  /** The bytes after size and type; a view. */
  readonly body: Uint8Array;
}

/** Size and type of a box; undefined if bytes are missing. A size below 8 means damage. */
export function boxHeader(bytes: Uint8Array): { type: string; sizeBytes: number } | undefined {
  if (bytes.length < 8) return undefined;
  return { type: String.fromCharCode(...bytes.subarray(4, 8)), sizeBytes: view(bytes).getUint32(0) };
}

/** The boxes in a sequence of bytes. Stops before a box that is cut off. */
export function* boxes(bytes: Uint8Array): Generator<Mp4Box, void, undefined> {
  let offset = 0;
  for (;;) {
    const header = boxHeader(bytes.subarray(offset));
    if (!header || header.sizeBytes < 8 || offset + header.sizeBytes > bytes.length) return;
    yield { type: header.type, body: bytes.subarray(offset + 8, offset + header.sizeBytes) };
    offset += header.sizeBytes;
  }
}

/** The first box at a path of types, each inside the previous one. */
function findBox(bytes: Uint8Array, ...path: readonly string[]): Uint8Array | undefined {
  let body: Uint8Array | undefined = bytes;
  for (const type of path) {
    if (body === undefined) return undefined;
    body = [...boxes(body)].find((box) => box.type === type)?.body;
  }
  return body;
}

/** Bytes of `stsd` before its first entry, and of a visual sample entry before its boxes. */
const sampleTableHeadBytes = 8;
const visualEntryBytes = 78;

/**
 * The MIME type of an H.264 track for Media Source Extensions: `video/mp4; codecs="avc1.4D401E"`.
 * @param init - `ftyp` and `moov`
 * @returns undefined when there is no such track
 * @see ISO/IEC 14496-15, section 5.3.3 (avcC); RFC 6381, section 3.3
 */
export function mimeTypeOf(init: Uint8Array): string | undefined {
  const table = findBox(init, 'moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd');
  const entry = table && findBox(table.subarray(sampleTableHeadBytes), 'avc1');
  const avcC = entry && findBox(entry.subarray(visualEntryBytes), 'avcC');
  if (!avcC || avcC.length < 4) return undefined;
  const profile = Buffer.from(avcC.subarray(1, 4)).toString('hex').toUpperCase();
  return `video/mp4; codecs="avc1.${profile}"`;
}

/** What a fragment says about its picture. */
export interface FragmentFacts {
  /** Decoding time, ticks of the track's timescale. */
  readonly ticks: number;
  readonly isKeyframe: boolean;
}

const nonSync = 0x10000;
const tfhdFlags = { baseOffset: 0x1, description: 0x2, duration: 0x8, size: 0x10, flags: 0x20 };
const trunFlags = { dataOffset: 0x1, firstFlags: 0x4, duration: 0x100, size: 0x200, flags: 0x400 };

/**
 * Reads the first sample of a `moof`.
 * @param body - of the box
 * @returns undefined if it has no time or no sample
 * @see ISO/IEC 14496-12, sections 8.8.7, 8.8.8 and 8.8.12
 */
export function readFragment(body: Uint8Array): FragmentFacts | undefined {
  const [tfhd, tfdt, trun] = ['tfhd', 'tfdt', 'trun'].map((type) => findBox(body, 'traf', type));
  if (!tfhd || !tfdt || !trun || tfdt.length < 8) return undefined;
  const isLong = tfdt[0] === 1;
  if (isLong && tfdt.length < 12) return undefined;
  const ticks = isLong ? Number(view(tfdt).getBigUint64(4)) : view(tfdt).getUint32(4);
  const flags = sampleFlags(trun) ?? defaultFlags(tfhd) ?? 0;
  return { ticks, isKeyframe: (flags & nonSync) === 0 };
}

/** The first sample's own flags. */
function sampleFlags(trun: Uint8Array): number | undefined {
  const flags = word(trun, 0);
  if (flags === undefined) return undefined;
  const first = 8 + ((flags & trunFlags.dataOffset) === 0 ? 0 : 4);
  if ((flags & trunFlags.firstFlags) !== 0) return word(trun, first);
  if ((flags & trunFlags.flags) === 0) return undefined;
  const before = [trunFlags.duration, trunFlags.size].filter((flag) => (flags & flag) !== 0).length;
  return word(trun, first + 4 * before);
}

function defaultFlags(tfhd: Uint8Array): number | undefined {
  const flags = word(tfhd, 0);
  if (flags === undefined || (flags & tfhdFlags.flags) === 0) return undefined;
  const { baseOffset, description, duration, size } = tfhdFlags;
  const before = [description, duration, size].filter((flag) => (flags & flag) !== 0).length;
  return word(tfhd, 8 + ((flags & baseOffset) === 0 ? 0 : 8) + 4 * before);
}

function word(bytes: Uint8Array, offset: number): number | undefined {
  return offset + 4 <= bytes.length ? view(bytes).getUint32(offset) : undefined;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
