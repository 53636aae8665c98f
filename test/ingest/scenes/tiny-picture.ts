import test from 'ava';
import { measureTiny, mostDistance, pictureDistance } from '../../../src/ingest/scenes/tiny-picture.ts';
import { seededRandom } from '../../helpers/seeded.ts';

test('no distance of two pictures is above its limit, whatever moves between them', (t) => {
  const random = seededRandom(7);
  const texture = Array.from({ length: 36 * 80 }, () => random() * 255);
  const shifted = (by: number, noise: number): Uint8Array =>
    Uint8Array.from({ length: 36 * 64 }, (_, i) => {
      const value = texture[Math.floor(i / 64) * 80 + (i % 64) + by] ?? 0;
      return Math.min(255, value + noise * random());
    });
  const still = measureTiny(shifted(0, 0));
  t.is(mostDistance(still, still), 0);
  for (const [by, noise] of [
    [0, 8],
    [2, 0],
    [2, 8],
    [9, 40],
  ] as const) {
    const other = measureTiny(shifted(by, noise));
    t.true(pictureDistance(still, other) <= mostDistance(still, other), `shift ${by}, noise ${noise}`);
  }
  const moved = measureTiny(shifted(2, 0));
  t.true(mostDistance(still, moved) > 2 * pictureDistance(still, moved), 'the limit matches no motion');
});
