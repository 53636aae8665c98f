import test from 'ava';
import { checkEncoder } from '../../../../src/stream/film/encode/trial-encode.ts';

test('an encoder that this ffmpeg does not have is refused, and the message names those that it has', async (t) => {
  await t.notThrowsAsync(checkEncoder('ffv1'));
  const error = await t.throwsAsync(checkEncoder('libnosuch'), { code: 'ENCODER_UNAVAILABLE' });
  t.regex(error.message, /without the encoder libnosuch/);
  t.regex((error as unknown as { cure: string }).cure, /--codec .*ffv1/);
});
