/**
 * Colours the middle of the starter's check picture on the device named first and prints device, notices and result. The
 * picture is small, because a graphics driver in software takes 20 s for the whole one.
 */
import type { DeviceName } from '../../src/model/engine/devices.ts';
import { loadModel } from '../../src/model/model.ts';
import { openColorizer } from '../../src/model/open-colorizer.ts';
import { starterCheck } from './model-fixtures.ts';

const check = starterCheck();
const size = { widthPx: 32, heightPx: 24 };
const luma = new Uint8Array(size.widthPx * size.heightPx);
for (let row = 0; row < size.heightPx; row++) {
  const from = (row + 24) * check.size.widthPx + 32;
  luma.set(check.luma.subarray(from, from + size.widthPx), row * size.widthPx);
}
const device = process.argv[2] as 'auto' | DeviceName;
await using colorizer = await openColorizer({ model: await loadModel('starter'), device });
const [ab = []] = await colorizer.colorize({
  pictures: [luma],
  size,
  conditions: [colorizer.condition(check.embedding)],
});
const { notices } = colorizer;
process.stdout.write(JSON.stringify({ device: colorizer.device, notices, ab: Array.from(ab) }));
