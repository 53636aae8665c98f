/**
 * Boxes of an mp4 or mov that ffmpeg's muxer does not write.
 * @see ISO/IEC 14496-12; Adobe XMP Specification Part 3, 1.2.7 (MPEG-4)
 */
import { open, type FileHandle } from 'node:fs/promises';

const xmpId = Buffer.from('be7acfcb97a942e89c71999491e3afac', 'hex');
/** Our own packet is much smaller. */
const mostXmpBytes = 2 ** 16;

/** Appends an XMP packet. Programs that support XMP find it there, others skip it. */
export async function appendXmp(path: string, xmp: string): Promise<void> {
  const content = Buffer.from(xmp);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(8 + xmpId.length + content.length);
  await using file = await open(path, 'a');
  await file.appendFile(Buffer.concat([size, Buffer.from('uuid'), xmpId, content]));
}

/** Returns the XMP packet that {@link appendXmp} has put at a file's end. */
export async function readXmp(path: string): Promise<string | undefined> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const length = Math.min(size, mostXmpBytes);
  const tail = Buffer.alloc(length);
  await file.read(tail, 0, length, size - length);
  const at = tail.lastIndexOf(Buffer.concat([Buffer.from('uuid'), xmpId]));
  return at < 0 ? undefined : tail.subarray(at + 4 + xmpId.length).toString();
}

/** Nine numbers of a display matrix, row by row, as ffmpeg and mp4 store them. */
export type DisplayMatrix = readonly number[];

/** Writes the rotation and mirroring with which players show the first picture track. */
export async function setDisplayMatrix(path: string, matrix: DisplayMatrix): Promise<void> {
  await using file = await open(path, 'r+');
  const header = await pictureHeader(file);
  if (header === undefined) return;
  const bytes = Buffer.alloc(36);
  matrix.forEach((value, i) => bytes.writeInt32BE(value | 0, 4 * i));
  // Version 1 has 64-bit times.
  const version = await readAt(file, header.at + 8, 1);
  await file.write(bytes, 0, bytes.length, header.at + (version[0] === 1 ? 60 : 48));
}

interface Box {
  readonly at: number;
  readonly end: number;
  readonly type: string;
  readonly contentAt: number;
}

/** The header of the first track with a handler for pictures. */
async function pictureHeader(file: FileHandle): Promise<Box | undefined> {
  const { size } = await file.stat();
  const moov = (await boxes(file, 0, size)).find(({ type }) => type === 'moov');
  if (moov === undefined) return undefined;
  for (const trak of await boxes(file, moov.contentAt, moov.end)) {
    if (trak.type !== 'trak') continue;
    const inner = await boxes(file, trak.contentAt, trak.end);
    const mdia = inner.find(({ type }) => type === 'mdia');
    if (mdia === undefined) continue;
    const handler = (await boxes(file, mdia.contentAt, mdia.end)).find(({ type }) => type === 'hdlr');
    const kind = handler && (await readAt(file, handler.contentAt + 8, 4)).toString('latin1');
    if (kind === 'vide') return inner.find(({ type }) => type === 'tkhd');
  }
  return undefined;
}

async function boxes(file: FileHandle, from: number, to: number): Promise<Box[]> {
  const found: Box[] = [];
  for (let at = from; at + 8 <= to;) {
    const head = await readAt(file, at, 16);
    const short = head.readUInt32BE(0);
    const size = short === 1 ? Number(head.readBigUInt64BE(8)) : short === 0 ? to - at : short;
    if (size < 8) break;
    const contentAt = at + (short === 1 ? 16 : 8);
    found.push({ at, end: at + size, type: head.toString('latin1', 4, 8), contentAt });
    at += size;
  }
  return found;
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, at);
  return bytes;
}
