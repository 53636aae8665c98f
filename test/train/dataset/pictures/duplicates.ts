import test from 'ava';
import sharp from 'sharp';
import { DuplicateFinder, hashPicture } from '../../../../src/train/dataset/pictures/duplicates.ts';
import { isUnchanged } from '../../../../src/train/dataset/pictures/film-thumbnail.ts';
import { seededBytes, seededRandom } from '../../../helpers/seeded.ts';

const size = { widthPx: 192, heightPx: 144 };

/** A picture of smooth blobs, like a photo seen from far away. */
async function blobs(seed: number): Promise<Uint8Array> {
  const coarse = seededBytes(12 * 9, seed);
  return new Uint8Array(
    await sharp(coarse, { raw: { width: 12, height: 9, channels: 1 } })
      .resize(size.widthPx, size.heightPx, { kernel: 'cubic' })
      .toColourspace('b-w')
      .raw()
      .toBuffer(),
  );
}

function withNoise(luma: Uint8Array, levels: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return luma.map((value) => Math.max(0, Math.min(255, value + Math.round((random() - 0.5) * 2 * levels))));
}

test('a copy with noise is found among a hundred other pictures, without false matches', async (t) => {
  const finder = new DuplicateFinder();
  const pictures = await Promise.all(Array.from({ length: 100 }, (_, i) => blobs(i)));
  for (const [i, picture] of pictures.entries())
    t.is(finder.find(hashPicture(picture, size), `blob ${i}`), undefined);
  for (const i of [3, 57, 99]) {
    const copy = withNoise(pictures[i]!, 6, i);
    t.is(finder.find(hashPicture(copy, size), 'copy'), `blob ${i}`);
  }
});

test('two smooth pictures whose hashes agree by chance are not duplicates', (t) => {
  const ramp = (from: number, to: number): Uint8Array =>
    Uint8Array.from({ length: 192 * 144 }, (_, i) => from + ((to - from) * (i % 192)) / 191);
  const [dawn, noon] = [hashPicture(ramp(10, 80), size), hashPicture(ramp(120, 250), size)];
  t.is(dawn.bits, noon.bits);
  const finder = new DuplicateFinder();
  finder.find(dawn, 'dawn');
  t.is(finder.find(noon, 'noon'), undefined);
});

test('with a fixed camera noise does not count as a change, but a person in the distance does', (t) => {
  const yard = seededBytes(64 * 36, 1);
  t.true(isUnchanged(yard, withNoise(yard, 6, 2)));
  const man = yard.slice();
  for (let y = 20; y < 26; y++)
    for (let x = 40; x < 43; x++) man[64 * y + x] = (yard[64 * y + x]! + 128) % 256;
  t.false(isUnchanged(yard, man));
});
