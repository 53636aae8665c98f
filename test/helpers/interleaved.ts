/** A binary packet between RTSP messages. */
export interface InterleavedPacket {
  readonly channel: number;
  readonly data: Buffer;
}

/** Splits a sequence of complete interleaved packets. @see RFC 2326, section 10.12 */
export function readInterleaved(bytes: Buffer): InterleavedPacket[] {
  const packets: InterleavedPacket[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== 0x24) throw new Error(`expected a packet at byte ${at}`);
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) throw new Error(`the packet at byte ${at} is cut off`);
    packets.push({ channel: bytes.readUInt8(at + 1), data: bytes.subarray(at + 4, end) });
    at = end;
  }
  return packets;
}
