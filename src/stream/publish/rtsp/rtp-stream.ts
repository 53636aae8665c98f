import type { AccessUnit } from '../video/access-unit.ts';
import { frameTicks, MediaClock } from '../video/media-clock.ts';
import { goodbye, senderReport } from './rtcp.ts';
import { payloadType } from './sdp.ts';
import type { Channels } from './transport.ts';
import { wallTimeOf } from '../../live/epoch.ts';

/** Maximum payload of a packet. It fits into an Ethernet frame if a proxy forwards it by UDP. */
export const maxPayloadBytes = 1400;
const rtpHeaderBytes = 12;
/** `$`, channel, length: RFC 2326, section 10.12 */
const prefixBytes = 4;
const fragmentationUnitA = 28;
const reportEveryMs = 5000;

export interface RtpStreamOptions {
  readonly channels: Channels;
  /** 32 bits */
  readonly ssrc: number;
  /** Of the first packet, 16 bits. */
  readonly sequence: number;
  /** Of the first picture, 32 bits. */
  readonly rtpTime: number;
  readonly cname: string;
}

/**
 * One reader's RTP stream in an RTSP connection: turns access units into interleaved packets. RTP times follow the
 * capture times at 90 kHz. A sender report, with the first picture and every 5 s, maps them to wall-clock time.
 * @see RFC 3550, RFC 6184 (single NAL units and FU-A: packetization mode 1)
 */
export class RtpStream {
  readonly ssrc: number;
  private readonly options: RtpStreamOptions;
  private readonly clock = new MediaClock();
  private nextSequence: number;
  private lastTicks = 0;
  private packets = 0;
  private payloadBytes = 0;
  private reportedMs = -Infinity;

  constructor(options: RtpStreamOptions) {
    this.options = options;
    this.ssrc = options.ssrc;
    this.nextSequence = options.sequence;
  }

  /** Of the next packet. */
  get sequence(): number {
    return this.nextSequence & 0xffff;
  }

  /** Makes the next picture follow the last one by one frame, however long the pause was. @returns its RTP time */
  resume(): number {
    if (this.packets === 0) return this.rtpTime(0);
    this.clock.restartAt(this.lastTicks + frameTicks);
    return this.rtpTime(this.lastTicks + frameTicks);
  }

  /**
   * Packs a picture into packets, after a sender report if one is due.
   * @param nowMs - from a monotonic clock
   * @returns one new buffer
   */
  packetize(unit: AccessUnit, nowMs: number): Buffer {
    this.lastTicks = this.clock.ticks(unit.capturedMs);
    const report =
      nowMs - this.reportedMs >= reportEveryMs ? this.report(wallTimeOf(unit.capturedMs)) : undefined;
    if (report) this.reportedMs = nowMs;
    const nals = unit.nals.filter((nal) => nal.length > 0);
    const bytes = Buffer.allocUnsafe(
      (report?.length ?? 0) + nals.reduce((sum, nal) => sum + wireBytes(nal.length), 0),
    );
    let offset = report?.copy(bytes) ?? 0;
    for (const [i, nal] of nals.entries()) offset = this.writeNal(bytes, offset, nal, i === nals.length - 1);
    return bytes;
  }

  /** Makes the packet that ends the stream. */
  goodbye(): Buffer {
    return this.control(goodbye(this.ssrc, this.options.cname));
  }

  private report(wallMs: number): Buffer {
    const { ssrc, packets, payloadBytes } = this;
    const { cname } = this.options;
    const rtpTime = this.rtpTime(this.lastTicks);
    return this.control(senderReport({ ssrc, wallMs, rtpTime, packets, payloadBytes, cname }));
  }

  private control(packet: Buffer): Buffer {
    const bytes = Buffer.allocUnsafe(prefixBytes + packet.length);
    writePrefix(bytes, 0, this.options.channels.rtcp, packet.length);
    packet.copy(bytes, prefixBytes);
    return bytes;
  }

  private writeNal(bytes: Buffer, start: number, nal: Uint8Array, isLast: boolean): number {
    if (nal.length <= maxPayloadBytes) {
      const offset = this.writeHeader(bytes, start, nal.length, isLast);
      bytes.set(nal, offset);
      return offset + nal.length;
    }
    const header = nal[0] ?? 0;
    const pieceBytes = maxPayloadBytes - 2;
    let offset = start;
    for (let at = 1; at < nal.length; at += pieceBytes) {
      const piece = nal.subarray(at, at + pieceBytes);
      const isEnd = at + pieceBytes >= nal.length;
      offset = this.writeHeader(bytes, offset, piece.length + 2, isLast && isEnd);
      bytes[offset++] = (header & 0xe0) | fragmentationUnitA;
      bytes[offset++] = (at === 1 ? 0x80 : 0) | (isEnd ? 0x40 : 0) | (header & 0x1f);
      bytes.set(piece, offset);
      offset += piece.length;
    }
    return offset;
  }

  private writeHeader(bytes: Buffer, start: number, payloadBytes: number, isLast: boolean): number {
    writePrefix(bytes, start, this.options.channels.rtp, rtpHeaderBytes + payloadBytes);
    const offset = start + prefixBytes;
    bytes[offset] = 0x80;
    bytes[offset + 1] = (isLast ? 0x80 : 0) | payloadType;
    bytes.writeUInt16BE(this.sequence, offset + 2);
    bytes.writeUInt32BE(this.rtpTime(this.lastTicks), offset + 4);
    bytes.writeUInt32BE(this.ssrc, offset + 8);
    this.nextSequence++;
    this.packets++;
    this.payloadBytes += payloadBytes;
    return offset + rtpHeaderBytes;
  }

  private rtpTime(ticks: number): number {
    return (this.options.rtpTime + ticks) % 2 ** 32;
  }
}

/** Bytes that a NAL unit needs on the connection. */
function wireBytes(nalBytes: number): number {
  const overhead = prefixBytes + rtpHeaderBytes;
  if (nalBytes <= maxPayloadBytes) return overhead + nalBytes;
  return nalBytes - 1 + Math.ceil((nalBytes - 1) / (maxPayloadBytes - 2)) * (overhead + 2);
}

function writePrefix(bytes: Buffer, offset: number, channel: number, sizeBytes: number): void {
  bytes[offset] = 0x24;
  bytes[offset + 1] = channel;
  bytes.writeUInt16BE(sizeBytes, offset + 2);
}
