import test from 'ava';
import { ColorFader } from '../../../src/stream/live/color-fader.ts';

test('colour fades in, and gives way to another through gray', (t) => {
  const fader = new ColorFader();
  t.is(fader.gain, 0);
  for (let i = 0; i < 8; i++) fader.step('color', 0.25);
  t.deepEqual([fader.mode, fader.gain], ['color', 1]);
  fader.step('background', 0.5);
  t.deepEqual([fader.mode, fader.gain], ['color', 0.5]);
  fader.step('background', 0.5);
  t.is(fader.mode, 'background');
  t.is(fader.gain, 0);
  fader.step('background', 0.5);
  t.deepEqual([fader.mode, fader.gain], ['background', 0.5]);
});

test('gray has no colour at all', (t) => {
  const fader = new ColorFader();
  for (let i = 0; i < 20; i++) fader.step('color', 1);
  for (let i = 0; i < 20; i++) fader.step('gray', 1);
  t.deepEqual([fader.mode, fader.gain], ['gray', 0]);
});
