import test from 'ava';
import { separate, type PicturePlanes } from '../../../../src/train/dataset/pictures/picture-planes.ts';
import { refuseColorless } from '../../../../src/train/dataset/pictures/picture-refusal.ts';
import { seededRandom } from '../../../helpers/seeded.ts';

const size = { widthPx: 64, heightPx: 48 };

/** A picture of 12 areas with noise. `paint` returns an area's colour for its brightness, 0..1. */
function picture(
  paint: (brightness: number, area: number) => readonly [number, number, number],
): PicturePlanes {
  const random = seededRandom(5);
  const rgb = new Uint8Array(3 * 64 * 48);
  for (let i = 0; i < 64 * 48; i++) {
    const area = 4 * Math.floor(i / 64 / 16) + Math.floor((i % 64) / 16);
    const color = paint(((area * 5) % 12) / 12, area);
    color.forEach((value, c) => (rgb[3 * i + c] = Math.max(0, Math.min(255, value + 4 * random()))));
  }
  return separate(rgb, size);
}

const gray = picture((brightness) => [250 * brightness, 250 * brightness, 250 * brightness]);
const sepia = picture((brightness) => [40 + 200 * brightness, 25 + 175 * brightness, 10 + 130 * brightness]);
const seas = picture((brightness, area) => [20 * brightness, 60 + 90 * brightness, 140 + (area % 3) * 50]);

test('a gray picture is refused as gray, whatever its noise', (t) => {
  t.like(refuseColorless(gray, 4), { reason: 'gray' });
});

test('a sepia print is refused as one tint, however strong', (t) => {
  t.like(refuseColorless(sepia, 4), { reason: 'one tint' });
});

test('a picture of one hue is accepted when luma does not determine its colour', (t) => {
  t.is(refuseColorless(seas, 4), undefined);
});

test('the least chroma is the one in the options', (t) => {
  t.like(refuseColorless(seas, 80), { reason: 'gray' });
});
