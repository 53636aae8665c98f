import test from 'ava';
import type { AccessUnit } from '../../../../src/stream/publish/video/access-unit.ts';
import { splitAnnexB } from '../../../../src/stream/publish/video/nal-units.ts';
import { maxPayloadBytes, RtpStream } from '../../../../src/stream/publish/rtsp/rtp-stream.ts';
import { readInterleaved } from '../../../helpers/interleaved.ts';
import { seededBytes } from '../../../helpers/seeded.ts';

const channels = { rtp: 4, rtcp: 5 };
const wrapping = { channels, ssrc: 0xfedcba98, sequence: 0xfffe, rtpTime: 0xffffff00, cname: 'test' };

/** An access unit of one NAL unit (an IDR slice) with this many bytes. */
function unitOf(sizeBytes: number, capturedMs: number): AccessUnit {
  return {
    nals: [Uint8Array.of(0x65, ...seededBytes(sizeBytes - 1, sizeBytes))],
    isKeyframe: true,
    capturedMs,
  };
}

test('the first packet is a sender report that maps RTP time to capture time', (t) => {
  const [report, ...packets] = readInterleaved(
    new RtpStream(wrapping).packetize(unitOf(100, 1_750_000_000_500), 0),
  );
  t.is(report?.channel, channels.rtcp);
  t.is(packets.length, 1);
  const bytes = report?.data ?? Buffer.alloc(0);
  t.is(bytes.readUInt8(1), 200);
  t.is(bytes.readUInt32BE(4), wrapping.ssrc);
  t.is(bytes.readUInt32BE(8), 1_750_000_000 + 2_208_988_800);
  t.is(bytes.readUInt32BE(12), 2 ** 31);
  t.is(bytes.readUInt32BE(16), wrapping.rtpTime);
  // A source description with the name follows; RFC 3550 requires it in every compound packet.
  t.is(bytes.readUInt8(29), 202);
  t.true(bytes.includes('test'));
  t.is(bytes.length % 4, 0);
});

test('sequence numbers and times continue when they wrap', (t) => {
  const stream = new RtpStream(wrapping);
  const packets = [0, 40, 80].flatMap((ms) => readInterleaved(stream.packetize(unitOf(50, ms), 1)).slice(-1));
  t.deepEqual(
    packets.map(({ data }) => data.readUInt16BE(2)),
    [0xfffe, 0xffff, 0],
  );
  t.deepEqual(
    packets.map(({ data }) => data.readUInt32BE(4)),
    [0xffffff00, 0xffffff00 + 3600 - 2 ** 32, 0xffffff00 + 7200 - 2 ** 32],
  );
});

for (const sizeBytes of [2, maxPayloadBytes, maxPayloadBytes + 1, 2 * maxPayloadBytes - 3, 50_000])
  test(`a NAL unit of ${sizeBytes} bytes comes back whole from its packets`, (t) => {
    const unit = unitOf(sizeBytes, 0);
    const [, ...packets] = readInterleaved(new RtpStream(wrapping).packetize(unit, 0));
    const markers = packets.map(({ data }) => data.readUInt8(1) >> 7);
    t.deepEqual(markers, [...packets.slice(1).map(() => 0), 1]);
    t.true(packets.every(({ data }) => data.length <= 12 + maxPayloadBytes));
    t.deepEqual(joinPayloads(packets.map(({ data }) => data.subarray(12))), Buffer.from(unit.nals[0] ?? []));
  });

test('a clock that is set back does not make RTP times go back', (t) => {
  const stream = new RtpStream({ ...wrapping, rtpTime: 0 });
  const times = [10_000, 10_040, 10_039, 10_080, 5, 45].flatMap((ms) =>
    readInterleaved(stream.packetize(unitOf(10, ms), 0))
      .filter(({ channel }) => channel === channels.rtp)
      .map(({ data }) => data.readUInt32BE(4)),
  );
  t.deepEqual(times, [0, 3600, 3601, 7200, 10_800, 14_400]);
});

test('after a pause the times continue where they were', (t) => {
  const stream = new RtpStream({ ...wrapping, rtpTime: 100 });
  stream.packetize(unitOf(10, 1000), 0);
  const promised = stream.resume();
  const [packet] = readInterleaved(stream.packetize(unitOf(10, 61_000), 0));
  t.is(promised, 100 + 3600);
  t.is(packet?.data.readUInt32BE(4), promised);
});

test('goodbye is a compound packet that ends with BYE', (t) => {
  const [packet] = readInterleaved(new RtpStream(wrapping).goodbye());
  const bytes = packet?.data ?? Buffer.alloc(8);
  t.is(bytes.readUInt8(1), 201);
  t.is(bytes.readUInt8(bytes.length - 7), 203);
  t.is(bytes.readUInt32BE(bytes.length - 4), wrapping.ssrc);
});

test('start codes of three and four bytes, and zeros between units, are removed', (t) => {
  const stream = Uint8Array.of(
    9,
    0,
    0,
    0,
    1,
    0x67,
    1,
    2,
    0,
    0,
    1,
    0x68,
    0,
    0,
    3,
    1,
    0,
    0,
    0,
    0,
    1,
    0x65,
    7,
    0,
    0,
  );
  t.deepEqual(
    splitAnnexB(stream).map((nal) => [...nal]),
    [
      [0x67, 1, 2],
      [0x68, 0, 0, 3, 1],
      [0x65, 7],
    ],
  );
  t.deepEqual(splitAnnexB(Uint8Array.of(1, 2, 3)), []);
  t.deepEqual(splitAnnexB(Uint8Array.of(0, 0, 1)), []);
});

/** Does what RFC 6184, section 5.8, requires of a receiver. */
function joinPayloads(payloads: readonly Buffer[]): Buffer {
  const [first] = payloads;
  if (!first || (first[0]! & 0x1f) !== 28) return first ?? Buffer.alloc(0);
  const header = (first[0]! & 0xe0) | (first[1]! & 0x1f);
  const flags = payloads.map((payload) => payload[1]! >> 6);
  if (flags.join('') !== ['2', ...payloads.slice(2).map(() => '0'), '1'].join(''))
    return Buffer.from('start/end');
  return Buffer.concat([Buffer.of(header), ...payloads.map((payload) => payload.subarray(2))]);
}
