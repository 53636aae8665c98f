import test from 'ava';
import { checkEncoder } from '../../../../src/stream/film/encode/trial-encode.ts';

test('an encoder that this ffmpeg was built without is refused, and those that it has are named', async (t) => {
  await t.notThrowsAsync(checkEncoder('ffv1'));
  const error = await t.throwsAsync(checkEncoder('libnosuch'), { code: 'ENCODER_UNAVAILABLE' });
  t.regex(error.message, /without the encoder libnosuch/);
  t.regex((error as unknown as { cure: string }).cure, /--codec .*ffv1/);
});
