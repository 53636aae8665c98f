/** Colours the starter's check picture on the device named first and prints device, notices and result. */
import type { DeviceName } from '../../src/model/engine/devices.ts';
import { loadModel } from '../../src/model/model.ts';
import { openColorizer } from '../../src/model/open-colorizer.ts';
import { starterCheck } from './model-fixtures.ts';

const check = starterCheck();
const device = process.argv[2] as 'auto' | DeviceName;
await using colorizer = await openColorizer({ model: await loadModel('starter'), device });
const [ab = []] = await colorizer.colorize({
  pictures: [check.luma],
  size: check.size,
  conditions: [colorizer.condition(check.embedding)],
});
const { notices } = colorizer;
process.stdout.write(JSON.stringify({ device: colorizer.device, notices, ab: Array.from(ab) }));
