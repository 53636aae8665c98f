import test from 'ava';
import { wholePackets } from '../../../../../src/stream/publish/video/mpeg1/ts-packets.ts';
import { seededBytes, seededRandom } from '../../../../helpers/seeded.ts';

test('pieces of any length become whole packets; nothing is lost and only a partial packet waits', (t) => {
  const all = seededBytes(188 * 500 + 100, 1);
  const random = seededRandom(2);
  const cut = wholePackets();
  const out: Uint8Array[] = [];
  for (let at = 0; at < all.length;) {
    const end = Math.min(all.length, at + Math.ceil(random() ** 3 * 2000));
    const chunk = cut(all.subarray(at, end));
    if (chunk) out.push(chunk);
    at = end;
    const given = out.reduce((sum, { length }) => sum + length, 0);
    t.is(given, at - (at % 188));
  }
  t.true(out.every(({ length }) => length > 0 && length % 188 === 0));
  t.deepEqual(Buffer.concat(out), Buffer.from(all.subarray(0, 188 * 500)));
});
