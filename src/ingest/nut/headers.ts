import type { Rational } from '../../frame.ts';
import { damaged } from './byte-reader.ts';
import { frameFlags, letterN, maxDistanceBytes, streamClasses, type NutStream } from './format.ts';

/** The meaning of a frame code: the defaults of a frame header. */
export interface FrameCode {
  readonly flags: number;
  readonly streamIndex: number;
  readonly sizeMul: number;
  readonly sizeLsb: number;
  readonly ptsDelta: number;
  readonly reservedCount: number;
  readonly headerIndex: number;
}

export interface MainHeader {
  readonly version: number;
  readonly streamCount: number;
  readonly maxDistanceBytes: number;
  readonly timeBases: readonly Rational[];
  /** 256 entries, indexed by the first byte of a frame. */
  readonly frameCodes: readonly FrameCode[];
  /** Bytes that many packets start with, stored once. The first entry is empty. */
  readonly elisions: readonly Uint8Array[];
  readonly isBroadcast: boolean;
}

/** A stream header, with the fields that only the reader needs. */
export interface StreamHeader {
  readonly stream: NutStream;
  readonly timeBaseIndex: number;
  readonly msbPtsShift: number;
  readonly maxPtsDistance: number;
}

const maxStreams = 64;
const stableVersion = 3;
const newestVersion = 4;
const maxElisionBytes = 1024;

/** Reads NUT's number formats from the body of one header packet. */
export class HeaderCursor {
  private readonly bytes: Uint8Array;
  private readonly position: number;
  private offset = 0;

  /** @param position - of the body in the stream, for error messages */
  constructor(bytes: Uint8Array, position: number) {
    this.bytes = bytes;
    this.position = position;
  }

  get left(): number {
    return this.bytes.length - this.offset;
  }

  fault(problem: string): Error {
    return damaged(problem, this.position + this.offset);
  }

  /** NUT's `v`: 7 bits per byte, most significant first, 0..2^53-1. */
  unsigned(): number {
    let value = 0;
    for (;;) {
      const byte = this.bytes[this.offset];
      if (byte === undefined) throw this.fault('a header ends inside a number');
      this.offset++;
      value = appendDigit(value, byte, () => this.fault('a number is above 2^53'));
      if (byte < 0x80) return value;
    }
  }

  /** NUT's `v` as a 64-bit two's complement number; ffmpeg writes negative times this way. */
  wrapped(): bigint {
    let value = 0n;
    for (let digits = 0; digits < 10; digits++) {
      const byte = this.bytes[this.offset];
      if (byte === undefined) throw this.fault('a header ends inside a number');
      this.offset++;
      value = value * 128n + BigInt(byte & 0x7f);
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw this.fault('a number has more than 64 bits');
  }

  /** NUT's `s`. */
  signed(): number {
    return decodeSigned(this.unsigned());
  }

  /** NUT's `vb`: a length and that many bytes; returns a copy. */
  block(maxBytes = this.left): Uint8Array {
    const size = this.unsigned();
    if (size > Math.min(this.left, maxBytes)) {
      throw this.fault(`expected a block of at most ${Math.min(this.left, maxBytes)} bytes but got ${size}`);
    }
    this.offset += size;
    return this.bytes.slice(this.offset - size, this.offset);
  }
}

/** Appends one byte of a `v` to the value so far. */
export function appendDigit(value: number, byte: number, fault: () => Error): number {
  const next = value * 128 + (byte & 0x7f);
  if (next > Number.MAX_SAFE_INTEGER) throw fault();
  return next;
}

export function decodeSigned(coded: number): number {
  const shifted = coded + 1;
  return shifted % 2 === 1 ? -Math.floor(shifted / 2) || 0 : shifted / 2;
}

/** Reads the body of a main header packet. */
export function parseMainHeader(cursor: HeaderCursor): MainHeader {
  const version = cursor.unsigned();
  if (version < 2 || version > newestVersion) {
    throw cursor.fault(`expected NUT version 2..${newestVersion} but got ${version}`);
  }
  if (version > stableVersion) cursor.unsigned(); // minor version
  const streamCount = cursor.unsigned();
  if (streamCount < 1 || streamCount > maxStreams) {
    throw cursor.fault(`expected 1..${maxStreams} streams but got ${streamCount}`);
  }
  const maxDistance = Math.min(cursor.unsigned(), maxDistanceBytes);
  const timeBases = parseTimeBases(cursor);
  const frameCodes = parseFrameCodes(cursor, streamCount);
  const elisions = parseElisions(cursor);
  const flags = version > stableVersion && cursor.left > 0 ? cursor.unsigned() : 0;
  return {
    version,
    streamCount,
    maxDistanceBytes: maxDistance,
    timeBases,
    frameCodes,
    elisions,
    isBroadcast: (flags & 1) !== 0,
  };
}

/** Reads the body of a stream header packet. */
export function parseStreamHeader(cursor: HeaderCursor, main: MainHeader): StreamHeader {
  const index = cursor.unsigned();
  if (index >= main.streamCount)
    throw cursor.fault(`expected a stream below ${main.streamCount} but got ${index}`);
  const classNumber = cursor.unsigned();
  const streamClass = streamClasses[classNumber];
  if (streamClass === undefined) throw cursor.fault(`expected a stream class 0..3 but got ${classNumber}`);
  const codecTag = cursor.block(8);
  const timeBaseIndex = cursor.unsigned();
  const timeBase = main.timeBases[timeBaseIndex];
  if (timeBase === undefined)
    throw cursor.fault(`expected a time base below ${main.timeBases.length} but got ${timeBaseIndex}`);
  const msbPtsShift = cursor.unsigned();
  if (msbPtsShift >= 16) throw cursor.fault(`expected a pts shift below 16 but got ${msbPtsShift}`);
  const maxPtsDistance = cursor.unsigned();
  const decodeDelay = cursor.unsigned();
  if (decodeDelay >= 1000) throw cursor.fault(`expected a decode delay below 1000 but got ${decodeDelay}`);
  cursor.unsigned(); // stream flags: fixed frame rate only
  const codecData = cursor.block();
  const isVideo = streamClass === 'video';
  const [widthPx, heightPx, num, den, colorspace] = isVideo
    ? [cursor.unsigned(), cursor.unsigned(), cursor.unsigned(), cursor.unsigned(), cursor.unsigned()]
    : [0, 0, 0, 0, 0];
  if (isVideo && (widthPx === 0 || heightPx === 0))
    throw cursor.fault(`a picture has ${widthPx}x${heightPx} pixels`);
  const stream: NutStream = {
    index,
    streamClass,
    codecTag,
    timeBase,
    decodeDelay,
    codecData,
    widthPx,
    heightPx,
    sampleAspect: { num, den },
    colorspace,
  };
  return { stream, timeBaseIndex, msbPtsShift, maxPtsDistance };
}

function parseTimeBases(cursor: HeaderCursor): Rational[] {
  const count = cursor.unsigned();
  if (count < 1 || count > cursor.left) throw cursor.fault(`a header has ${count} time bases`);
  return Array.from({ length: count }, () => {
    const num = cursor.unsigned();
    const den = cursor.unsigned();
    if (num < 1 || den < 1 || num >= 2 ** 31 || den >= 2 ** 31)
      throw cursor.fault(`a time base is ${num}/${den}`);
    return { num, den };
  });
}

function parseFrameCodes(cursor: HeaderCursor, streamCount: number): FrameCode[] {
  const codes: FrameCode[] = [];
  let ptsDelta = 0;
  let sizeMul = 1;
  let streamIndex = 0;
  let headerIndex = 0;
  while (codes.length < 256) {
    const flags = cursor.unsigned();
    const fields = cursor.unsigned();
    if (fields > 0) ptsDelta = cursor.signed();
    if (fields > 1) sizeMul = cursor.unsigned();
    if (fields > 2) streamIndex = cursor.unsigned();
    const sizeLsb = fields > 3 ? cursor.unsigned() : 0;
    const reservedCount = fields > 4 ? cursor.unsigned() : 0;
    const count = fields > 5 ? cursor.unsigned() : sizeMul - sizeLsb;
    if (fields > 6) cursor.signed(); // match time: only for seeking
    if (fields > 7) headerIndex = cursor.unsigned();
    for (let i = 8; i < fields; i++) cursor.unsigned();
    const room = 256 - codes.length - (codes.length <= letterN ? 1 : 0);
    if (count < 1 || count > room) throw cursor.fault(`expected 1..${room} frame codes but got ${count}`);
    if (streamIndex >= streamCount)
      throw cursor.fault(`a frame code refers to unknown stream ${streamIndex}`);
    for (let i = 0; i < count; i++) {
      if (codes.length === letterN) codes.push(invalidCode);
      codes.push({ flags, streamIndex, sizeMul, sizeLsb: sizeLsb + i, ptsDelta, reservedCount, headerIndex });
    }
    // Only the letter N may lie between the current position and the next group.
    if (codes.length === letterN) codes.push(invalidCode);
  }
  return codes;
}

/** The letter N, and every code that a file does not use. */
export const invalidCode: FrameCode = {
  flags: frameFlags.invalid,
  streamIndex: 0,
  sizeMul: 1,
  sizeLsb: 0,
  ptsDelta: 0,
  reservedCount: 0,
  headerIndex: 0,
};

function parseElisions(cursor: HeaderCursor): Uint8Array[] {
  const elisions: Uint8Array[] = [new Uint8Array(0)];
  if (cursor.left === 0) return elisions;
  const count = cursor.unsigned();
  if (count >= 128) throw cursor.fault(`expected at most 127 elision headers but got ${count}`);
  let left = maxElisionBytes;
  for (let i = 0; i < count; i++) {
    const bytes = cursor.block(Math.min(left, 255));
    left -= bytes.length;
    elisions.push(bytes);
  }
  return elisions;
}
