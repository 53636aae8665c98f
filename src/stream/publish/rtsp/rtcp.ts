/** Seconds from 1900 (NTP) to 1970. */
const ntpOffsetS = 2_208_988_800;

/** What a sender reports about its stream. */
export interface SenderReport {
  readonly ssrc: number;
  /** ms since the epoch; belongs to `rtpTime` */
  readonly wallMs: number;
  readonly rtpTime: number;
  /** Sent so far, modulo 2^32. */
  readonly packets: number;
  readonly payloadBytes: number;
  /** Canonical name of the sender, up to 255 bytes of ASCII. */
  readonly cname: string;
}

/**
 * A compound RTCP packet: sender report and source description.
 * @see RFC 3550, sections 6.4.1 and 6.5
 */
export function senderReport(report: SenderReport): Buffer {
  const bytes = Buffer.alloc(28);
  const wholeS = Math.floor(report.wallMs / 1000);
  bytes.writeUInt8(0x80, 0);
  bytes.writeUInt8(200, 1);
  bytes.writeUInt16BE(6, 2);
  bytes.writeUInt32BE(report.ssrc, 4);
  bytes.writeUInt32BE((wholeS + ntpOffsetS) % 2 ** 32, 8);
  bytes.writeUInt32BE(Math.floor((report.wallMs / 1000 - wholeS) * 2 ** 32), 12);
  bytes.writeUInt32BE(report.rtpTime >>> 0, 16);
  bytes.writeUInt32BE(report.packets >>> 0, 20);
  bytes.writeUInt32BE(report.payloadBytes >>> 0, 24);
  return Buffer.concat([bytes, sourceDescription(report.ssrc, report.cname)]);
}

/** A compound RTCP packet: empty receiver report, source description, BYE. @see RFC 3550, section 6.6 */
export function goodbye(ssrc: number, cname: string): Buffer {
  const report = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 0]);
  report.writeUInt32BE(ssrc, 4);
  const bye = Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 0]);
  bye.writeUInt32BE(ssrc, 4);
  return Buffer.concat([report, sourceDescription(ssrc, cname), bye]);
}

function sourceDescription(ssrc: number, cname: string): Buffer {
  const name = Buffer.from(cname, 'latin1').subarray(0, 255);
  // One zero byte at least ends the list; whole words.
  const words = Math.ceil((8 + 2 + name.length + 1) / 4);
  const bytes = Buffer.alloc(words * 4);
  bytes.writeUInt8(0x81, 0);
  bytes.writeUInt8(202, 1);
  bytes.writeUInt16BE(words - 1, 2);
  bytes.writeUInt32BE(ssrc, 4);
  bytes.writeUInt8(1, 8);
  bytes.writeUInt8(name.length, 9);
  name.copy(bytes, 10);
  return bytes;
}
