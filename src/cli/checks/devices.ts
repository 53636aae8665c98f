import { AppError } from '../../errors.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import { deviceNames, type DeviceName } from '../../model/devices.ts';
import { defaultModel, loadModel, type Model } from '../../model/model.ts';
import { openColorizer } from '../../model/onnx-colorizer.ts';
import { failed, passed, warned, type Check } from './check.ts';

const size = { widthPx: 256, heightPx: 144 };

/** What a device needs, for who wants it; the program runs without. */
const cureOf: Readonly<Record<DeviceName, string>> = {
  cpu: 'install chromafeed again; docs/devices.md lists the systems that onnxruntime-node comes for',
  webgpu: 'nothing where there is no GPU; else install its Vulkan driver (docs/devices.md)',
  cuda: 'nothing where there is no NVIDIA GPU; else install CUDA 12, cuDNN 9 and the provider (docs/devices.md)',
  tensorrt: 'nothing where it is not wanted; else install TensorRT 10 beside CUDA (docs/devices.md)',
};

/** Runs the default model on every device; only a CPU that fails is a fault. */
export async function checkDevices(signal: AbortSignal): Promise<Check[]> {
  let model: Model;
  try {
    model = await loadModel(defaultModel);
  } catch (error) {
    return [failed('devices', `could not be tried: ${messageOf(error)}`, cureFor(error, 'cpu'))];
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
    const ms = await timeInference(colorizer, signal);
    return passed(what, `${ms.toFixed(0)} ms a picture of ${size.widthPx} x ${size.heightPx}`);
  } catch (error) {
    signal.throwIfAborted();
    const make = device === 'cpu' ? failed : warned;
    return make(what, messageOf(error), cureFor(error, device));
  }
}

/** Embeds and colours a picture, then colours it again on the clock. */
async function timeInference(colorizer: Colorizer, signal: AbortSignal): Promise<number> {
  const side = colorizer.model.manifest.embedding.input;
  const [embedding] = await colorizer.embed([ramp(side, side)]);
  if (embedding === undefined) throw new TypeError('expected an embedding but got none');
  const condition = colorizer.condition(embedding);
  const batch = { pictures: [ramp(size.widthPx, size.heightPx)], size, conditions: [condition] };
  await colorizer.colorize(batch, signal); // compiles the kernels
  const startMs = performance.now();
  const [ab] = await colorizer.colorize(batch, signal);
  const ms = performance.now() - startMs;
  if (ab === undefined || !ab.every(Number.isFinite)) {
    throw new AppError('DEVICE_UNAVAILABLE', `${colorizer.device}: expected finite colours but got others`);
  }
  return ms;
}

/** A gray ramp from left to right. */
function ramp(widthPx: number, heightPx: number): Uint8Array {
  return Uint8Array.from({ length: widthPx * heightPx }, (_, i) => (255 * (i % widthPx)) / (widthPx - 1));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function cureFor(error: unknown, device: DeviceName): string {
  return (error instanceof AppError && device === 'cpu' ? error.cure : undefined) ?? cureOf[device];
}
