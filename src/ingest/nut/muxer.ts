import { AppError } from '../../errors.ts';
import type { Rational, SizePx } from '../../frame.ts';
import { nutCrc } from './crc.ts';
import { fileId, frameFlags, longPacketBytes, maxDistanceBytes, startCodes } from './format.ts';

/** Describes the one video stream of a written file. A `NutStream` of the reader fits. */
export interface NutVideo extends SizePx {
  /** fourcc: `rawTag(...)`, or as read from an encoded stream */
  readonly codecTag: Uint8Array;
  readonly timeBase: Rational;
  /** Frames that the decoder holds back (B-frames); 0 for raw video. */
  readonly decodeDelay?: number;
  /** extradata; empty for raw video */
  readonly codecData?: Uint8Array;
  /** Default: 0/0 = unknown. */
  readonly sampleAspect?: Rational;
  readonly colorspace?: number;
}

const version = 3;
/** The only frame code in use; every field of a frame header is written. */
const plainCode = 1;

/**
 * Writes a NUT stream with one video stream. It returns the bytes of headers; the caller sends them and then the
 * payload, so that a payload is never copied:
 * `write(nut.header); for (packet) { write(nut.packetHeader(packet)); write(packet.data) }`.
 * Packets come in decoding order. The stream needs nothing at its end.
 * @see NUT Open Container Format, https://ffmpeg.org/~michael/nut.txt
 */
export class NutWriter {
  /** The caller writes it first. */
  readonly header: Uint8Array;
  private positionBytes: number;
  private syncpointAt = -Infinity;
  private keySyncpointAt: number | undefined;

  constructor(video: NutVideo) {
    this.header = concat([
      fileId,
      packet(startCodes.main, mainHeader(video.timeBase)),
      packet(startCodes.stream, streamHeader(video)),
    ]);
    this.positionBytes = this.header.length;
  }

  /**
   * Makes the bytes before a packet's payload; the payload must follow.
   * @param frame.pts - ticks of the time base, an integer of 0 or more
   * @param frame.sizeBytes - of the payload
   * @returns a new array of 20 to 50 bytes
   * @throws {AppError} USAGE if the pts is negative or not an integer, which NUT cannot store
   */
  packetHeader(frame: { pts: number; keyframe: boolean; sizeBytes: number }): Uint8Array {
    if (!Number.isSafeInteger(frame.pts) || frame.pts < 0) {
      throw new AppError('USAGE', `NUT writer: expected a pts from 0, an integer, but got ${frame.pts}`);
    }
    const isFar = this.positionBytes + frame.sizeBytes - this.syncpointAt > maxDistanceBytes;
    const bytes = concat([...(isFar ? [this.syncpoint(frame)] : []), frameHeader(frame)]);
    this.positionBytes += bytes.length + frame.sizeBytes;
    return bytes;
  }

  private syncpoint(frame: { pts: number; keyframe: boolean }): Uint8Array {
    this.syncpointAt = this.positionBytes;
    if (frame.keyframe || this.keySyncpointAt === undefined) this.keySyncpointAt = this.positionBytes;
    const back = Math.floor((this.positionBytes - this.keySyncpointAt) / 16);
    return packet(startCodes.syncpoint, [...unsigned(frame.pts), ...unsigned(back)]);
  }
}

function mainHeader(timeBase: Rational): number[] {
  // Groups of frame codes: flags, number of fields, pts delta, size multiplier, stream, size, reserved, count.
  const invalid = (count: number): number[] => [
    ...unsigned(frameFlags.invalid),
    ...[6, 0, 1, 0, 0, 0].flatMap(unsigned),
    ...unsigned(count),
  ];
  const plain = [...unsigned(frameFlags.coded), ...[6, 0, 1, 0, 0, 0, 1].flatMap(unsigned)];
  return [
    ...[version, 1, maxDistanceBytes, 1, timeBase.num, timeBase.den].flatMap(unsigned),
    ...invalid(plainCode),
    ...plain,
    ...invalid(255 - 1 - plainCode), // the table has no entry for the letter N
    ...unsigned(0), // elision headers
  ];
}

function streamHeader(video: NutVideo): number[] {
  const aspect = video.sampleAspect ?? { num: 0, den: 0 };
  const codecData = video.codecData ?? new Uint8Array(0);
  return [
    ...[0, 0].flatMap(unsigned), // stream 0, video
    ...block(video.codecTag),
    ...unsigned(0), // time base
    ...unsigned(0), // pts shift: every pts is written whole
    ...unsigned(1), // largest pts distance without a checksum: every frame has a checksum
    ...unsigned(video.decodeDelay ?? 0),
    ...unsigned(0), // flags
    ...block(codecData),
    ...[video.widthPx, video.heightPx, aspect.num, aspect.den, video.colorspace ?? 0].flatMap(unsigned),
  ];
}

function frameHeader(frame: { pts: number; keyframe: boolean; sizeBytes: number }): Uint8Array {
  const { codedPts, sizeMsb, checksum, key } = frameFlags;
  const flags = codedPts | sizeMsb | checksum | (frame.keyframe ? key : 0);
  const pts = unsigned(frame.pts + 1); // + 2^shift: the pts is whole
  return withChecksum([plainCode, ...unsigned(flags), ...pts, ...unsigned(frame.sizeBytes)]);
}

/** A header packet: start code, size, body, checksum. */
function packet(startCode: bigint, body: readonly number[]): Uint8Array {
  const checkedBody = withChecksum(body);
  const code = Array.from({ length: 8 }, (_, i) => Number((startCode >> BigInt(56 - 8 * i)) & 0xffn));
  const front = [...code, ...unsigned(checkedBody.length)];
  const isLong = checkedBody.length > longPacketBytes;
  return concat([isLong ? withChecksum(front) : Uint8Array.from(front), checkedBody]);
}

function withChecksum(bytes: readonly number[]): Uint8Array {
  const all = new Uint8Array(bytes.length + 4);
  all.set(bytes);
  new DataView(all.buffer).setUint32(bytes.length, nutCrc(all.subarray(0, bytes.length)));
  return all;
}

/** NUT's `v`: 7 bits per byte, most significant first. */
function unsigned(value: number): number[] {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(128 + (rest % 128));
  return digits;
}

/** NUT's `vb`. */
function block(bytes: Uint8Array): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
