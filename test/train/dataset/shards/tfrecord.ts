import { readFileSync } from 'node:fs';
import test from 'ava';
import {
  checkedData,
  dataLength,
  frameRecord,
  maskedCrc,
} from '../../../../src/train/dataset/shards/tfrecord.ts';

/** Removes TensorFlow's mask: tensorflow/core/lib/hash/crc32c.h, `Unmask`. */
function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

const crcIsKnown = test.macro<[Uint8Array, number]>({
  exec(t, bytes, crc) {
    t.is(unmask(maskedCrc(bytes)), crc);
  },
  title: (_, bytes, crc) =>
    `the CRC-32C of ${bytes.length} bytes ${String(bytes[0])}, ${String(bytes[1])} ... is 0x${crc.toString(16)}`,
});

// RFC 3720, B.4, and the check value of the CRC catalogue for "123456789".
test(crcIsKnown, new Uint8Array(32), 0x8a9136aa);
test(crcIsKnown, new Uint8Array(32).fill(0xff), 0x62a8ab43);
test(
  crcIsKnown,
  Uint8Array.from({ length: 32 }, (_, i) => i),
  0x46dd794e,
);
test(crcIsKnown, new TextEncoder().encode('123456789'), 0xe3069283);

test("records are framed byte for byte like TensorFlow's", (t) => {
  const file = readFileSync(
    new URL('../../../../../test/fixtures/tensorflow-example.tfrecord', import.meta.url),
  );
  let position = 0;
  let records = 0;
  while (position < file.length) {
    const length = Number(file.readBigUInt64LE(position));
    const data = file.subarray(position + 12, position + 12 + length);
    const framed = file.subarray(position, position + 16 + length);
    t.deepEqual(Buffer.from(frameRecord(data)), Buffer.from(framed));
    position += 16 + length;
    records++;
  }
  t.is(records, 2);
});

test('a framed record is read back, and one changed bit anywhere is noticed', (t) => {
  const data = Uint8Array.from([1, 2, 3, 250, 0, 7]);
  const framed = frameRecord(data);
  t.is(dataLength(framed.subarray(0, 12)), 6);
  t.deepEqual(checkedData(framed.subarray(12)), data);
  for (let bit = 0; bit < 8 * framed.length; bit++) {
    const spoiled = framed.slice();
    spoiled[bit >> 3]! ^= 1 << (bit & 7);
    const isSound =
      dataLength(spoiled.subarray(0, 12)) !== undefined && checkedData(spoiled.subarray(12)) !== undefined;
    t.false(isSound, `bit ${bit}`);
  }
});
