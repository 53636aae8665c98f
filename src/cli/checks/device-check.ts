import { AppError } from '../../errors.ts';
import type { SizePx } from '../../frame.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import { deviceNames, type DeviceName } from '../../model/engine/devices.ts';
import { conditionSize } from '../../model/tables/nodes.ts';
import { defaultModel } from '../../model/default-model.ts';
import { loadModel, type Model } from '../../model/model.ts';
import { openColorizer } from '../../model/open-colorizer.ts';
import { failed, passed, warned, type Check } from './check.ts';

const small = { widthPx: 64, heightPx: 64 };
const full = { widthPx: 256, heightPx: 144 };
/** A device that takes longer for the small picture has a software driver (SwiftShader: 5 s). */
const patienceMs = 500;

/** What a device needs. The program also runs without it. */
const cureOf: Readonly<Record<DeviceName, string>> = {
  cpu: 'install chromafeed again; docs/devices.md lists the systems that onnxruntime-node supports',
  webgpu: 'nothing if this machine has no GPU; otherwise install its Vulkan driver (docs/devices.md)',
  cuda: 'nothing if this machine has no NVIDIA GPU; otherwise install CUDA 12, cuDNN 9 and the provider (docs/devices.md)',
  tensorrt: 'nothing, unless you want it; then install TensorRT 10 in addition to CUDA (docs/devices.md)',
};

/** Runs the default model on every device. Only a failure on the CPU is a fault. */
export async function checkDevices(signal: AbortSignal): Promise<Check[]> {
  let model: Model;
  try {
    model = await loadModel(defaultModel);
  } catch (error) {
    return [failed('devices', `could not be tested: ${messageOf(error)}`, cureFor(error, 'cpu'))];
  }
  const checks: Check[] = [];
  for (const device of deviceNames) {
    signal.throwIfAborted();
    checks.push(await checkDevice(device, model, signal));
  }
  return checks;
}

async function checkDevice(device: DeviceName, model: Model, signal: AbortSignal): Promise<Check> {
  const what = `device ${device}`;
  try {
    await using colorizer = await openColorizer({ model, device });
    if (colorizer.device !== device) return warned(what, colorizer.notices.join(' '), cureOf[device]);
    const smallMs = await timeColorize(colorizer, small, new Float32Array(conditionSize), signal);
    if (device !== 'cpu' && smallMs > patienceMs) {
      const detail = `works, but takes ${smallMs.toFixed(0)} ms for 64 x 64 pixels: a software driver?`;
      return warned(what, detail, cureOf[device]);
    }
    const ms = await timeColorize(colorizer, full, await conditionOfRamp(colorizer), signal);
    return passed(what, `${ms.toFixed(0)} ms a picture of ${full.widthPx} x ${full.heightPx}`);
  } catch (error) {
    signal.throwIfAborted();
    const make = device === 'cpu' ? failed : warned;
    return make(what, messageOf(error), cureFor(error, device));
  }
}

async function conditionOfRamp(colorizer: Colorizer): Promise<Float32Array> {
  const side = colorizer.embeddingSide;
  const [embedding] = await colorizer.embed([ramp({ widthPx: side, heightPx: side })]);
  if (embedding === undefined) throw new TypeError('expected an embedding but got none');
  return colorizer.condition(embedding);
}

/** Colours a picture twice and measures the second run, because the first run of a size compiles its kernels. */
async function timeColorize(
  colorizer: Colorizer,
  size: SizePx,
  condition: Float32Array,
  signal: AbortSignal,
): Promise<number> {
  const batch = { pictures: [ramp(size)], size, conditions: [condition] };
  await colorizer.colorize(batch, signal);
  const startMs = performance.now();
  const [ab] = await colorizer.colorize(batch, signal);
  const ms = performance.now() - startMs;
  if (ab?.every(Number.isFinite) === true) return ms;
  throw new AppError('DEVICE_UNAVAILABLE', `${colorizer.device}: expected finite colours but got others`);
}

/** A gray ramp from left to right. */
function ramp({ widthPx, heightPx }: SizePx): Uint8Array {
  return Uint8Array.from({ length: widthPx * heightPx }, (_, i) => (255 * (i % widthPx)) / (widthPx - 1));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function cureFor(error: unknown, device: DeviceName): string {
  return (error instanceof AppError && device === 'cpu' ? error.cure : undefined) ?? cureOf[device];
}
