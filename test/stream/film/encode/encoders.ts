import test from 'ava';
import { encoderName, planEncoder } from '../../../../src/stream/film/encode/encoders.ts';

const luma = { widthPx: 96, heightPx: 64, bitDepth: 8 };

test('an unknown preset is refused before work starts, and the message names the known ones', (t) => {
  const plan = (codec: string, preset: string): unknown => planEncoder(luma, 'mkv', { codec, preset });
  t.throws(() => plan('libx264', 'quick'), { code: 'USAGE', message: /libx264 knows ultrafast, superfast/ });
  t.throws(() => plan('libsvtav1', 'slow'), { code: 'USAGE', message: /libsvtav1 knows 0 to 13/ });
  t.notThrows(() => plan('libx265', 'veryslow'));
});

test('encoders have short names', (t) => {
  t.deepEqual(['h264', 'hevc', 'av1', 'libx264'].map(encoderName), [
    'libx264',
    'libx265',
    'libsvtav1',
    'libx264',
  ]);
});
