import test from 'ava';
import { checkPictureSize } from '../../src/ingest/picture-size.ts';

test('64 megapixels are allowed, one row more only when the user says so', (t) => {
  t.notThrows(() => checkPictureSize({ widthPx: 8000, heightPx: 8000 }, 'a.png'));
  t.throws(() => checkPictureSize({ widthPx: 8000, heightPx: 8001 }, 'a.png'), {
    code: 'INPUT_UNSUPPORTED',
    message: 'a.png: expected at most 64 megapixels but got 8000 x 8001, 64.0 megapixels',
  });
  t.notThrows(() => checkPictureSize({ widthPx: 8000, heightPx: 8001 }, 'a.png', 65));
});
