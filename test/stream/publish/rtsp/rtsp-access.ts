import test from 'ava';
import pino from 'pino';
import { hashToken } from '../../../../src/config/token-hash.ts';
import { userSchema } from '../../../../src/config/schema.ts';
import { rtspAccess } from '../../../../src/stream/publish/rtsp/rtsp-access.ts';
import { AddressCounter } from '../../../../src/stream/publish/server/access/address-counter.ts';
import type { LoginAnswer } from '../../../../src/stream/publish/rtsp/basic-auth.ts';

const anna = userSchema.parse({ name: 'anna', tokenHash: hashToken('right'), cameras: ['door'] });

function scene(): {
  readonly lines: Record<string, unknown>[];
  readonly login: (password: string, more?: object) => Promise<LoginAnswer>;
} {
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  const wrongTokens = new AddressCounter({ limit: 10 });
  const authenticate = rtspAccess({ users: () => [anna], wrongTokens, log });
  const login = async (password: string, more: object = {}): Promise<LoginAnswer> =>
    await authenticate({
      user: 'anna',
      password,
      path: '/door',
      address: '10.0.0.1',
      isOpen: false,
      ...more,
    });
  return { lines, login };
}

test('after ten wrong tokens an address is refused by RTSP with the right one too', async (t) => {
  const { lines, login } = scene();
  t.true(await login('right'));
  t.false(await login('right', { path: '/yard' }));
  t.false(await login('', { user: '' }), 'a request for the challenge is no guess');
  for (let i = 0; i < 10; i++) t.false(await login(`guess ${i}`));
  t.deepEqual(await login('right'), { waitS: 60 });
  t.true(await login('right', { address: '10.0.0.2' }));
  t.is(lines.length, 10);
  t.like(lines[0], { audit: 'wrong token', address: '10.0.0.1', user: 'anna', by: 'rtsp' });
});

test('checking an open session again counts no wrong token', async (t) => {
  const { lines, login } = scene();
  for (let i = 0; i < 20; i++) t.false(await login('old token', { isOpen: true }));
  t.true(await login('right'));
  t.deepEqual(lines, []);
});
