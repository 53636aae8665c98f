import type { Rational } from '../../frame.ts';
import { ByteReader, damaged, type ByteSource } from './byte-reader.ts';
import { nutCrc } from './crc.ts';
import { fileId, frameFlags, letterN, longPacketBytes, startCodes, type NutStream } from './format.ts';
import {
  appendDigit,
  decodeSigned,
  HeaderCursor,
  invalidCode,
  parseMainHeader,
  parseStreamHeader,
  type FrameCode,
  type MainHeader,
  type StreamHeader,
} from './headers.ts';

/** Anything that holds a packet's bytes; `data` may be longer than the packet. */
export interface NutBuffer {
  readonly data: Uint8Array;
}

/** One packet: a raw frame, or a piece of an encoded stream. */
export interface NutPacket<T extends NutBuffer> {
  readonly streamIndex: number;
  /** In ticks of the stream's time base, an integer. */
  readonly pts: number;
  readonly keyframe: boolean;
  /** The packet's bytes: a view of the start of `buffer.data`. */
  readonly data: Uint8Array;
  /** The buffer from `acquire`; the receiver of the packet owns it. */
  readonly buffer: T;
}

export interface NutReaderOptions<T extends NutBuffer> {
  /** Returns the buffer for the packet's bytes; may wait (backpressure). */
  readonly acquire: (sizeBytes: number) => Promise<T>;
  /** Takes back a buffer whose packet could not be read completely. */
  readonly release?: (buffer: T) => void;
  /** Larger packets are an error; protects memory against broken sizes. Default: 256 MiB. */
  readonly maxPacketBytes?: number;
}

/** A NUT stream whose headers have been read. It can be read once. */
export interface NutReader<T extends NutBuffer> {
  readonly streams: readonly NutStream[];
  /** The first video stream. */
  readonly video: NutStream;
  /** All packets of all streams, as stored. Leaving the loop early closes the source. */
  packets(): AsyncGenerator<NutPacket<T>, void, undefined>;
}

const defaultMaxPacketBytes = 256 * 2 ** 20;
const maxReservedFields = 64;
const noElision = new Uint8Array(0);

/** Gives every packet a new array. */
export function newBuffer(sizeBytes: number): Promise<NutBuffer> {
  return Promise.resolve({ data: new Uint8Array(sizeBytes) });
}

/**
 * Reads the headers of a NUT stream.
 * @param chunks - of any size, from a pipe or a file; a chunk is not kept after its bytes were read
 * @returns a reader of its packets; the chunks' source is closed when the reading ends or fails
 * @throws {AppError} INPUT_DAMAGED when a header is missing, broken, or its checksum is wrong
 * @see NUT Open Container Format, https://ffmpeg.org/~michael/nut.txt
 */
export async function openNut<T extends NutBuffer>(
  chunks: ByteSource,
  options: NutReaderOptions<T>,
): Promise<NutReader<T>> {
  const demuxer = new Demuxer(new ByteReader(chunks), options);
  try {
    return await demuxer.open();
  } catch (error) {
    await demuxer.close();
    throw error;
  }
}

/** The parts of a frame header after all defaults are filled in. */
interface FrameHeader {
  readonly flags: number;
  readonly streamIndex: number;
  readonly pts: number;
  /** Payload bytes, including those that the file leaves out. */
  readonly sizeBytes: number;
  readonly elision: Uint8Array;
}

class Demuxer<T extends NutBuffer> {
  private readonly reader: ByteReader;
  private readonly acquire: (sizeBytes: number) => Promise<T>;
  private readonly release: (buffer: T) => void;
  private readonly maxPacketBytes: number;
  private main: MainHeader | undefined;
  private readonly headers: StreamHeader[] = [];
  private readonly lastPts: number[] = [];
  /** Bytes of the current frame header, for its checksum. */
  private seen: number[] = [];

  constructor(reader: ByteReader, options: NutReaderOptions<T>) {
    this.reader = reader;
    this.acquire = options.acquire;
    this.release = options.release ?? ((): void => undefined);
    this.maxPacketBytes = options.maxPacketBytes ?? defaultMaxPacketBytes;
  }

  async close(): Promise<void> {
    await this.reader.close();
  }

  async open(): Promise<NutReader<T>> {
    const id = await this.reader.piece(fileId.length);
    if (id.some((byte, i) => byte !== fileId[i])) throw damaged('it does not start like a NUT file', 0);
    const main = await this.readMainHeader();
    for (let i = 0; i < main.streamCount; i++) await this.readStreamHeader(main);
    const streams =
      main.streamCount === this.headers.length ? this.headers.map((header) => header.stream) : [];
    const video = streams.find((stream) => stream.streamClass === 'video');
    if (video === undefined) throw damaged('it has no video stream', this.reader.position);
    return { streams, video, packets: () => this.packets(main) };
  }

  private async *packets(main: MainHeader): AsyncGenerator<NutPacket<T>, void, undefined> {
    let isSynced = false;
    try {
      while (!(await this.reader.isAtEnd())) {
        const first = await this.reader.byte();
        if (first === letterN) {
          isSynced = (await this.readOtherPacket(main, first)) || isSynced;
          continue;
        }
        if (!isSynced) throw damaged('expected a syncpoint before the first frame', this.reader.position);
        const header = await this.readFrameHeader(main, first);
        if ((header.flags & frameFlags.endOfRelevance) !== 0 && header.sizeBytes === 0) continue;
        yield await this.readPayload(header);
      }
    } finally {
      await this.reader.close();
    }
  }

  private async readMainHeader(): Promise<MainHeader> {
    const code = await this.readStartCode(await this.reader.byte());
    if (code !== startCodes.main) throw damaged('expected the main header', this.reader.position);
    this.main = parseMainHeader(await this.readBody(code));
    return this.main;
  }

  private async readStreamHeader(main: MainHeader): Promise<void> {
    const code = await this.readStartCode(await this.reader.byte());
    if (code !== startCodes.stream) throw damaged('expected a stream header', this.reader.position);
    const header = parseStreamHeader(await this.readBody(code), main);
    const { index } = header.stream;
    if (index !== this.headers.length)
      throw damaged(`expected stream ${this.headers.length} but got ${index}`, this.reader.position);
    this.headers.push(header);
    this.lastPts.push(0);
  }

  private async readStartCode(first: number): Promise<bigint> {
    const rest = await this.reader.piece(7);
    return rest.reduce((code, byte) => code * 256n + BigInt(byte), BigInt(first));
  }

  /** Reads a syncpoint and skips every other packet; returns whether it was a syncpoint. */
  private async readOtherPacket(main: MainHeader, first: number): Promise<boolean> {
    const code = await this.readStartCode(first);
    if (code === startCodes.syncpoint) {
      this.applySyncpoint(main, await this.readBody(code));
      return true;
    }
    const known: readonly bigint[] = Object.values(startCodes);
    if (!known.includes(code)) throw damaged(`unknown start code ${code.toString(16)}`, this.reader.position);
    await this.reader.skip(await this.readPacketSize(code));
    return false;
  }

  /** Reads the body of a header packet and checks its checksum. */
  private async readBody(code: bigint): Promise<HeaderCursor> {
    const size = await this.readPacketSize(code);
    if (size < 4) throw damaged(`a header packet has ${size} bytes`, this.reader.position);
    const position = this.reader.position;
    const bytes = await this.reader.piece(size);
    if (nutCrc(bytes) !== 0) throw damaged('the checksum of a header is wrong', position);
    return new HeaderCursor(bytes.subarray(0, size - 4), position);
  }

  /** Reads the fields between a start code and the body. */
  private async readPacketSize(code: bigint): Promise<number> {
    this.seen = Array.from({ length: 8 }, (_, i) => Number((code >> BigInt(56 - 8 * i)) & 0xffn));
    const size = await this.unsigned();
    if (size > longPacketBytes) await this.checkSeen();
    return size;
  }

  private applySyncpoint(main: MainHeader, cursor: HeaderCursor): void {
    const coded = cursor.wrapped();
    const count = BigInt(main.timeBases.length);
    const baseIndex = ((coded % count) + count) % count;
    const base = main.timeBases[Number(baseIndex)];
    for (const header of this.headers) {
      if (base === undefined) continue;
      this.lastPts[header.stream.index] = rescaleDown(
        (coded - baseIndex) / count,
        base,
        header.stream.timeBase,
      );
    }
  }

  private async readFrameHeader(main: MainHeader, first: number): Promise<FrameHeader> {
    this.seen = [first];
    const code = main.frameCodes[first] ?? invalidCode;
    const flags = (code.flags & frameFlags.coded) === 0 ? code.flags : code.flags ^ (await this.unsigned());
    if ((flags & frameFlags.invalid) !== 0) throw damaged(`${first} is no frame code`, this.reader.position);
    const streamIndex = (flags & frameFlags.streamId) === 0 ? code.streamIndex : await this.unsigned();
    const header = this.headers[streamIndex];
    if (header === undefined)
      throw damaged(`a frame belongs to unknown stream ${streamIndex}`, this.reader.position);
    const lastPts = this.lastPts[streamIndex] ?? 0;
    const pts =
      (flags & frameFlags.codedPts) === 0
        ? lastPts + code.ptsDelta
        : fullPts(await this.unsigned(), lastPts, header.msbPtsShift);
    const sizeMsb = (flags & frameFlags.sizeMsb) === 0 ? 0 : await this.unsigned();
    const sizeBytes = code.sizeLsb + code.sizeMul * sizeMsb;
    const elision = await this.readRest(main, code, flags, sizeBytes);
    const isFar = sizeBytes > 2 * main.maxDistanceBytes || Math.abs(lastPts - pts) > header.maxPtsDistance;
    if ((flags & frameFlags.checksum) !== 0) await this.checkSeen();
    else if (isFar) throw damaged('a long or far frame has no checksum', this.reader.position);
    if (sizeBytes > this.maxPacketBytes) {
      throw damaged(
        `expected a packet of at most ${this.maxPacketBytes} bytes but got ${sizeBytes}`,
        this.reader.position,
      );
    }
    this.lastPts[streamIndex] = pts;
    return { flags, streamIndex, pts, sizeBytes, elision };
  }

  /** Reads the rarely used fields of a frame header; returns the number of bytes that the payload leaves out. */
  private async readRest(
    main: MainHeader,
    code: FrameCode,
    flags: number,
    sizeBytes: number,
  ): Promise<Uint8Array> {
    if ((flags & frameFlags.matchTime) !== 0) decodeSigned(await this.unsigned());
    const headerIndex = (flags & frameFlags.headerIndex) === 0 ? code.headerIndex : await this.unsigned();
    const reserved = (flags & frameFlags.reserved) === 0 ? code.reservedCount : await this.unsigned();
    if (reserved > maxReservedFields)
      throw damaged(`a frame has ${reserved} reserved fields`, this.reader.position);
    for (let i = 0; i < reserved; i++) await this.unsigned();
    const elision = main.elisions[headerIndex];
    if (elision === undefined)
      throw damaged(`a frame refers to unknown elision header ${headerIndex}`, this.reader.position);
    if (sizeBytes > longPacketBytes) return noElision;
    if (sizeBytes < elision.length)
      throw damaged(`a frame of ${sizeBytes} bytes is shorter than its elision header`, this.reader.position);
    return elision;
  }

  private async readPayload(header: FrameHeader): Promise<NutPacket<T>> {
    const { elision, streamIndex, pts, flags } = header;
    const side =
      (flags & frameFlags.sideData) === 0 ? 0 : await this.skipSideData(header.sizeBytes - elision.length);
    const sizeBytes = header.sizeBytes - side;
    const buffer = await this.acquire(sizeBytes);
    try {
      if (buffer.data.length < sizeBytes) {
        throw damaged(
          `expected a buffer of ${sizeBytes} bytes but got ${buffer.data.length}`,
          this.reader.position,
        );
      }
      const data = buffer.data.subarray(0, sizeBytes);
      data.set(elision);
      await this.reader.readInto(data.subarray(elision.length));
      return { streamIndex, pts, keyframe: (flags & frameFlags.key) !== 0, data, buffer };
    } catch (error) {
      this.release(buffer);
      throw error;
    }
  }

  /** Skips a frame's side data and metadata (NUT 4); returns how many bytes they took. */
  private async skipSideData(maxBytes: number): Promise<number> {
    const start = this.reader.position;
    for (let part = 0; part < 2; part++) {
      // side data, then metadata
      const count = await this.unsigned();
      for (let i = 0; i < count && this.reader.position - start <= maxBytes; i++)
        await this.skipSideEntry(maxBytes);
    }
    const took = this.reader.position - start;
    if (took > maxBytes) throw damaged('side data is longer than its frame', this.reader.position);
    return took;
  }

  private async skipSideEntry(maxBytes: number): Promise<void> {
    await this.skipBlock(maxBytes); // name
    const kind = decodeSigned(await this.unsigned());
    if (kind === -1) await this.skipBlock(maxBytes);
    else if (kind === -2) {
      await this.skipBlock(maxBytes);
      await this.skipBlock(maxBytes);
    } else if (kind < -2) await this.unsigned();
  }

  private async skipBlock(maxBytes: number): Promise<void> {
    const size = await this.unsigned();
    if (size > maxBytes) throw damaged('side data is longer than its frame', this.reader.position);
    await this.reader.skip(size);
  }

  /** Reads a `v` and keeps its bytes for the checksum. */
  private async unsigned(): Promise<number> {
    let value = 0;
    for (;;) {
      const byte = await this.reader.byte();
      this.seen.push(byte);
      value = appendDigit(value, byte, () => damaged('a number is above 2^53', this.reader.position));
      if (byte < 0x80) return value;
    }
  }

  /** Compares the checksum that follows with that of the bytes read. */
  private async checkSeen(): Promise<void> {
    const stored = await this.reader.piece(4);
    if (nutCrc(stored, nutCrc(Uint8Array.from(this.seen))) !== 0) {
      throw damaged('the checksum of a frame header is wrong', this.reader.position);
    }
  }
}

/** Restores a pts from its low bits, or reads it whole. */
function fullPts(coded: number, lastPts: number, shift: number): number {
  const window = 2 ** shift;
  if (coded >= window) return coded - window;
  const low = lastPts - Math.floor((window - 1) / 2);
  return low + ((((coded - low) % window) + window) % window);
}

function rescaleDown(ticks: bigint, from: Rational, to: Rational): number {
  const product = ticks * BigInt(from.num) * BigInt(to.den);
  const divisor = BigInt(from.den) * BigInt(to.num);
  const truncated = product / divisor;
  return Number(product < 0n && product % divisor !== 0n ? truncated - 1n : truncated);
}
