import test from 'ava';
import { parseClientMessage } from '../../../../src/stream/publish/viewers/client-message.ts';
import { decodeMessage, encodeHeader } from '../../../../src/stream/publish/protocol.ts';

const parse = (value: unknown): ReturnType<typeof parseClientMessage> =>
  parseClientMessage(Buffer.from(JSON.stringify(value)), false);
const stream = { camera: 'door', mode: 'jpeg', heightPx: 360 };

test('requests for streams and for the time are parsed', (t) => {
  const watch = { type: 'watch', streams: [stream, { ...stream, camera: 'yard', mode: 'fmp4', fps: 10 }] };
  t.deepEqual(parse(watch), { message: watch });
  t.deepEqual(parse({ type: 'watch', streams: [] }), { message: { type: 'watch', streams: [] } });
  t.deepEqual(parse({ type: 'time', id: 7 }), { message: { type: 'time', id: 7 } });
});

const refused = test.macro({
  exec: (t, value: unknown, why: RegExp) => {
    const parsed = parse(value);
    if ('fault' in parsed) t.regex(parsed.fault, why);
    else t.fail('it was taken');
  },
  title: (_, value: unknown) => `${JSON.stringify(value).slice(0, 90)} is refused`,
});
test(refused, null, /expected a mapping but got nothing/);
test(refused, { type: 'shutdown' }, /type: expected one of watch, time but got "shutdown"/);
test(refused, { type: 'time', id: 1, more: 1 }, /more/);
test(refused, { type: 'time', id: 1.5 }, /id: expected a whole number but got 1.5/);
test(refused, { type: 'watch', streams: [{ ...stream, camera: '../etc' }] }, /camera/);
test(
  refused,
  { type: 'watch', streams: [{ ...stream, heightPx: 1e9 }] },
  /heightPx: expected at most 8640 but got 1000000000/,
);
test(refused, { type: 'watch', streams: [{ ...stream, fps: 0 }] }, /fps/);
test(refused, { type: 'watch', streams: [{ ...stream, mode: 'h265' }] }, /mode/);
test(refused, { type: 'watch', streams: [stream, stream] }, /each camera only once/);
const many = Array.from({ length: 101 }, (_, i) => ({ ...stream, camera: `c${i}` }));
test(refused, { type: 'watch', streams: many }, /100/);

test('a binary message and text that is not JSON are refused', (t) => {
  t.deepEqual(parseClientMessage(Buffer.from('{}'), true), {
    fault: 'expected text but got a binary message',
  });
  t.deepEqual(parseClientMessage(Buffer.from('{'), false), { fault: 'expected JSON' });
});

test('a header survives encoding and decoding, and a truncated message is refused', (t) => {
  const header = {
    kind: 'fmp4-fragment' as const,
    camera: 'a'.repeat(64),
    sequence: 2 ** 32 - 1,
    capturedMs: 1_764_000_000_000.125,
    sentMs: 1_764_000_000_001.5,
    size: { widthPx: 3840, heightPx: 2160 },
    isKeyframe: false,
  };
  const bytes = encodeHeader(header);
  const message = new Uint8Array([...bytes, 1, 2, 3]).buffer;
  const decoded = decodeMessage(message);
  t.deepEqual(decoded?.header, header);
  t.deepEqual([...(decoded?.payload ?? [])], [1, 2, 3]);
  for (let length = 0; length < bytes.length; length++)
    t.is(decodeMessage(message.slice(0, length)), undefined, `${length} bytes`);
});
