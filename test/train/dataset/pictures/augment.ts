import test from 'ava';
import { augment, type LumaAndColour } from '../../../../src/train/dataset/pictures/augment.ts';
import { randomFrom, type Random } from '../../../../src/train/random.ts';
import { seededRandom } from '../../../helpers/seeded.ts';

const size = { widthPx: 32, heightPx: 24 };
const pixels = 32 * 24;

/** Luma, a* and b* are linear functions of each other, so a shift between them shows. */
function madePicture(): LumaAndColour {
  const random = seededRandom(9);
  const luma = Uint8Array.from(
    { length: pixels },
    (_, i) => 2 * (i % 32) + 3 * Math.floor(i / 32) + 40 * random(),
  );
  const ab = new Int8Array(2 * pixels);
  luma.forEach((value, i) => {
    ab[i] = value - 100;
    ab[pixels + i] = 60 - value;
  });
  return { size, luma, ab };
}

const picture = madePicture();
const moving = { strength: 1, isFixed: false };

/** Random numbers with which the luma is not changed: such changes have a probability of at most 0.6. */
function onlyMoves(seed: number): Random {
  const random = randomFrom(seed);
  let draws = 0;
  // Crop and mirror are drawn first. All later draws get 0.99, which means no.
  return { ...random, uniform: () => (draws++ < 1 ? 0 : draws === 2 ? (seed % 2) * 0.9 : 0.99) };
}

test('strength 0 leaves a picture as it is', async (t) => {
  t.deepEqual(await augment(picture, randomFrom(1), { strength: 0, isFixed: false }), madePicture());
});

test('the same seeds give the same variation, others give others, and the picture itself does not change', async (t) => {
  for (let seed = 0; seed < 8; seed++) {
    const one = await augment(picture, randomFrom(seed, 5), moving);
    t.deepEqual(await augment(picture, randomFrom(seed, 5), moving), one);
    t.notDeepEqual(await augment(picture, randomFrom(seed, 6), moving), one);
    t.deepEqual(one.size, size);
    t.is(one.luma.length, pixels);
    t.is(one.ab.length, 2 * pixels);
  }
  t.deepEqual(picture, madePicture());
});

test('crop and mirror move luma and both colours together', async (t) => {
  for (const seed of [1, 2, 3, 4]) {
    const { luma, ab } = await augment(picture, onlyMoves(seed), moving);
    t.notDeepEqual(luma, picture.luma);
    for (let i = 0; i < pixels; i++) {
      // Each is rounded separately, so the error is at most two halves.
      t.true(Math.abs(ab[i]! - (luma[i]! - 100)) <= 1);
      t.true(Math.abs(ab[pixels + i]! - (60 - luma[i]!)) <= 1);
    }
  }
});

test("a mirrored picture has the picture's columns in reverse", async (t) => {
  // No crop, a mirror image, and no other change.
  const answers = [0.99, 0];
  const random = { ...randomFrom(1), uniform: () => answers.shift() ?? 0.99 };
  const { luma, ab } = await augment(picture, random, moving);
  const mirrored = (i: number): number => i - (i % 32) + 31 - (i % 32);
  t.true(luma.every((value, i) => value === picture.luma[mirrored(i)]));
  t.true(
    ab.every((value, i) => value === picture.ab[i < pixels ? mirrored(i) : pixels + mirrored(i - pixels)]),
  );
});

test('variations of luma do not change the colour', async (t) => {
  let changed = 0;
  for (let seed = 0; seed < 20; seed++) {
    const { luma, ab } = await augment(picture, randomFrom(seed), { strength: 1, isFixed: true });
    t.deepEqual(ab, picture.ab);
    if (Buffer.compare(luma, picture.luma) !== 0) changed++;
  }
  t.true(changed > 10);
});

test('grain makes a picture neither lighter nor darker', async (t) => {
  const level = 100;
  const gray = { ...picture, luma: new Uint8Array(pixels).fill(level) };
  const means: number[] = [];
  for (let seed = 0; seed < 40; seed++) {
    // Only grain. Tone and blur are drawn before it, JPEG after it.
    const random = randomFrom(seed);
    const answers = [0.99, 0.99, 0.99, 0.99, 0, 0.99];
    const uniform = (): number => answers.shift() ?? random.uniform();
    const { luma } = await augment(gray, { ...random, uniform }, { strength: 1, isFixed: true });
    t.true(luma.some((value) => value !== level));
    means.push(luma.reduce((sum, value) => sum + value, 0) / pixels);
  }
  // Standard deviations of 1 to 10, 768 pixels from a table of 1021: four standard errors of 40 pictures are some 0.2.
  t.true(Math.abs(means.reduce((sum, mean) => sum + mean, 0) / means.length - level) < 0.25, String(means));
});
