import test from 'ava';
import { PeerSignatures } from '../../../../src/stream/serve/cluster/peer-signature.ts';

const secret = 'a secret of all machines';
const request = { method: 'POST', path: '/cluster/call', body: '{"kind":"pause"}' };

test('a machine with the same secret is recognised, once for each signature', (t) => {
  const headers = new PeerSignatures({ secret, name: 'a' }).sign(request);
  const other = new PeerSignatures({ secret, name: 'b' });
  t.is(other.check(request, headers), 'a');
  t.is(other.check(request, headers), undefined, 'nobody can send it again');
  t.notRegex(JSON.stringify(headers), /secret/);
});

test('another secret, another request, an old one and none at all are refused', (t) => {
  let now = 1_800_000_000_000;
  const a = new PeerSignatures({ secret, name: 'a', nowMs: () => now });
  const b = new PeerSignatures({ secret, name: 'b', nowMs: () => now });
  const stranger = new PeerSignatures({ secret: `${secret}!`, name: 'a', nowMs: () => now });
  t.is(b.check(request, stranger.sign(request)), undefined);
  t.is(b.check({ ...request, body: '{}' }, a.sign(request)), undefined);
  t.is(b.check({ ...request, path: '/cluster/view' }, a.sign(request)), undefined);
  t.is(b.check(request, {}), undefined);
  t.is(b.check(request, { 'x-chromafeed-machine': 'a b c d' }), undefined);
  const headers = a.sign(request);
  now += 61_000;
  t.is(b.check(request, headers), undefined);
});
