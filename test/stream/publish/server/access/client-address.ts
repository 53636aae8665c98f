import type { IncomingMessage } from 'node:http';
import test from 'ava';
import {
  clientAddress,
  isForwardedTls,
} from '../../../../../src/stream/publish/server/access/client-address.ts';
import { ask } from '../../../../helpers/ask.ts';
import { publishConfig, testPublisher, tokens, users } from '../../../../helpers/publisher.ts';

const from = (remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage;

const address = test.macro({
  exec: (t, peer: string, forwarded: string, trusted: string[], expected: string) => {
    t.is(clientAddress(from(peer, { 'x-forwarded-for': forwarded }), trusted), expected);
  },
  title: (_, peer: string, forwarded: string, trusted: string[], expected: string) =>
    `a request from ${peer} for "${forwarded}", with the proxies [${trusted.join(', ')}], is from ${expected}`,
});
test(address, '10.0.0.9', '1.2.3.4', [], '10.0.0.9');
test(address, '10.0.0.9', '1.2.3.4', ['10.0.0.9'], '1.2.3.4');
test(address, '::ffff:10.0.0.9', '6.6.6.6, 1.2.3.4, 10.0.0.7', ['10.0.0.0/8'], '1.2.3.4');
test(address, '10.0.0.9', 'nonsense', ['10.0.0.0/8'], '10.0.0.9');
test(address, 'fd00::9', '2001:db8::1', ['fd00::/8'], '2001:db8::1');
test(address, '11.0.0.9', '1.2.3.4', ['10.0.0.0/8'], '11.0.0.9');

test('only a trusted proxy says that the client uses TLS', (t) => {
  const request = from('10.0.0.9', { 'x-forwarded-proto': 'https' });
  t.true(isForwardedTls(request, ['10.0.0.9']));
  t.false(isForwardedTls(request, ['10.0.0.8']));
  t.false(isForwardedTls(from('10.0.0.9'), ['10.0.0.9']));
});

test('behind a trusted proxy wrong tokens count for the client, and its https pages may log in', async (t) => {
  const { url, records } = await testPublisher(t, publishConfig({ users, trustProxy: ['127.0.0.1'] }));
  const login = (client: string, token: string): ReturnType<typeof ask> =>
    ask(new URL('login', url), {
      method: 'POST',
      headers: {
        'X-Forwarded-For': client,
        'X-Forwarded-Proto': 'https',
        Origin: url.replace('http:', 'https:').replace(/\/$/, ''),
      },
      body: { user: 'anna', token },
    });
  for (let i = 0; i < 10; i++) t.is((await login('1.2.3.4', 'guess')).status, 401);
  t.is((await login('1.2.3.4', tokens.anna)).status, 429);
  const good = await login('5.6.7.8', tokens.anna);
  t.is(good.status, 204);
  t.regex(good.headers['set-cookie']?.[0] ?? '', /; Secure/);
  t.like(
    records.find(({ audit }) => audit === 'signed in'),
    { address: '5.6.7.8', user: 'anna' },
  );
});
