const identifier = 'http://ns.adobe.com/xap/1.0/\0';
/** A segment's length field has 16 bits and counts itself. */
const payloadAtMost = 65_533;

/**
 * An XMP packet as an APP1 segment.
 * @see Adobe, XMP Specification Part 3, 1.1.3 (JPEG)
 * @throws {RangeError} when the packet does not fit into one segment
 */
export function xmpSegment(packet: string): Uint8Array {
  const payload = Buffer.from(identifier + packet, 'utf8');
  if (payload.length > payloadAtMost)
    throw new RangeError(`XMP: expected at most ${payloadAtMost} bytes but got ${payload.length}`);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([head, payload]);
}

/**
 * A JPEG with a segment put in, without decoding or copying it.
 * @param jpeg - not modified
 * @returns parts to be sent one after the other; views of `jpeg`. Behind JFIF's APP0, which has to be the first.
 */
export function withSegment(jpeg: Uint8Array, segment: Uint8Array): readonly Uint8Array[] {
  const isJfif = jpeg[2] === 0xff && jpeg[3] === 0xe0;
  const at = isJfif ? 4 + (jpeg[4] ?? 0) * 256 + (jpeg[5] ?? 0) : 2;
  return [jpeg.subarray(0, at), segment, jpeg.subarray(at)];
}
