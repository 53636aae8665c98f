import { crc32c } from '@node-rs/crc32';

/*
 * TensorFlow's record framing, tensorflow/core/lib/io/record_writer.h:
 *   uint64 length, uint32 masked CRC-32C of the length, the data, uint32 masked CRC-32C of the data
 * all little-endian.
 */

/** Bytes before a record's data. */
export const recordHeaderBytes = 12;
/** Bytes after a record's data. */
export const recordFooterBytes = 4;

/**
 * The CRC is masked, because the CRC of data that contains a CRC would be weak (tensorflow/core/lib/hash/crc32c.h).
 */
const maskDelta = 0xa282ead8;

/**
 * CRC-32C (Castagnoli) as TensorFlow stores it.
 * @returns an unsigned 32-bit number
 */
export function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + maskDelta) >>> 0;
}

/**
 * Frames one record.
 * @param data - not modified
 * @returns header, data and footer in one new array the caller owns
 */
export function frameRecord(data: Uint8Array): Uint8Array {
  const framed = new Uint8Array(recordHeaderBytes + data.length + recordFooterBytes);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(framed.subarray(0, 8)), true);
  framed.set(data, recordHeaderBytes);
  view.setUint32(recordHeaderBytes + data.length, maskedCrc(data), true);
  return framed;
}

/**
 * Reads a record's header.
 * @param header - its 12 bytes
 * @returns length of the data, bytes; undefined if the CRC does not match
 */
export function dataLength(header: Uint8Array): number | undefined {
  const view = new DataView(header.buffer, header.byteOffset, recordHeaderBytes);
  if (view.getUint32(8, true) !== maskedCrc(header.subarray(0, 8))) return undefined;
  return Number(view.getBigUint64(0, true));
}

/**
 * Checks a record's data against its footer.
 * @param body - data and footer
 * @returns the data, a view; undefined if the CRC does not match
 */
export function checkedData(body: Uint8Array): Uint8Array | undefined {
  const length = body.length - recordFooterBytes;
  const data = body.subarray(0, length);
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  return view.getUint32(length, true) === maskedCrc(data) ? data : undefined;
}
