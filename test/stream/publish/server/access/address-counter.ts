import test from 'ava';
import { AddressCounter } from '../../../../../src/stream/publish/server/access/address-counter.ts';
import { until } from '../../../../helpers/until.ts';

test('an address that has reached the limit waits for the end of its window, others do not', async (t) => {
  const counter = new AddressCounter({ limit: 3, windowMs: 400 });
  for (let i = 0; i < 2; i++) await counter.count('10.0.0.1');
  t.is(await counter.waitS('10.0.0.1'), 0);
  await counter.count('10.0.0.1');
  t.is(await counter.waitS('10.0.0.1'), 1);
  t.is(await counter.waitS('10.0.0.2'), 0);
  let waitS = 1;
  await until(() => {
    void counter.waitS('10.0.0.1').then((now) => (waitS = now));
    return waitS === 0;
  }, 'the end of the window');
  await counter.count('10.0.0.1');
  t.is(await counter.waitS('10.0.0.1'), 0);
});

test('all addresses of an IPv6 /56 network count as one', async (t) => {
  const counter = new AddressCounter({ limit: 2 });
  await counter.count('2001:db8:1:100::1');
  await counter.count('2001:db8:1:1ff:2::2');
  t.is(await counter.waitS('2001:db8:1:101::3'), 60);
  t.is(await counter.waitS('2001:db8:1:201::3'), 0);
});

test('a counter remembers 10,000 addresses and forgets the one that was counted longest ago', async (t) => {
  const counter = new AddressCounter({ limit: 1 });
  const address = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  for (let i = 0; i < 10_000; i++) await counter.count(address(i));
  await counter.count(address(0));
  await counter.count(address(10_000));
  t.is(counter.size, 10_000);
  t.is(await counter.waitS(address(1)), 0);
  t.is(await counter.waitS(address(0)), 60);
});
