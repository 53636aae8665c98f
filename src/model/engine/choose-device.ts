import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import type { DeviceProbe, ProbeRequest } from './device-probe.ts';
import type { DeviceName } from './devices.ts';
import type { EngineSetup } from './engine.ts';

/** A device and the reasons for choosing it. */
export interface DeviceChoice {
  readonly device: DeviceName;
  /** complete sentences for the user; empty when the device is the requested one */
  readonly notices: readonly string[];
}

/** After this time a driver counts as stuck. */
const probeTimeoutMs = 120_000;
/**
 * A device that is slower than the CPU by less than the noise of the measurement is still used, because it leaves the
 * CPU to the encoder.
 */
const worthwhileRatio = 1.1;

/**
 * Chooses where the network runs.
 * A named device is tried. If it fails, the CPU is used instead, and a notice says why. `auto` tries CUDA if there is
 * an NVIDIA device, then WebGPU if there is a graphics device and it is not slower than the CPU (software drivers are
 * slower), and otherwise takes the CPU. TensorRT is used only on request, because it compiles for minutes.
 */
export async function chooseDevice(
  setup: Omit<EngineSetup, 'device'>,
  asked: 'auto' | DeviceName,
): Promise<DeviceChoice> {
  if (asked === 'cpu') return { device: 'cpu', notices: [] };
  if (asked !== 'auto') return tryNamed(setup, asked);
  const notices: string[] = [];
  if (hasNvidiaDevice()) {
    const probe = await probeDevice({ setup: { ...setup, device: 'cuda' } });
    if (probe.isUsable) return { device: 'cuda', notices };
    notices.push(`cuda is not used: ${probe.reason}`);
  }
  if (hasGraphicsDevice()) {
    const fault = await whyNotWebGpu(setup);
    if (fault === undefined) return { device: 'webgpu', notices };
    notices.push(`webgpu is not used: ${fault}`);
  }
  return { device: 'cpu', notices };
}

/**
 * Tries a device with a real run of the network, in a separate process.
 * @returns the result; a device that fails does not reject the promise
 */
async function probeDevice(request: ProbeRequest): Promise<DeviceProbe> {
  const child = fork(new URL('./device-probe.js', import.meta.url), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
    signal: AbortSignal.timeout(probeTimeoutMs),
    killSignal: 'SIGKILL',
  });
  const answer = new Promise<DeviceProbe>((resolve) => {
    child.once('message', (probe: DeviceProbe) => resolve(probe));
    child.once('error', (error) => resolve({ isUsable: false, reason: describeFailure(error) }));
    child.once('exit', (code, signal) =>
      resolve({
        isUsable: false,
        reason: `its driver ended the process (${signal ?? `exit code ${code ?? '?'}`})`,
      }),
    );
  });
  child.send(request);
  const probe = await answer;
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  return probe.isUsable ? probe : { isUsable: false, reason: firstLine(probe.reason) };
}

async function tryNamed(setup: Omit<EngineSetup, 'device'>, device: DeviceName): Promise<DeviceChoice> {
  const probe = await probeDevice({ setup: { ...setup, device } });
  if (probe.isUsable) return { device, notices: [] };
  return {
    device: 'cpu',
    notices: [`${device} cannot be used, so the cpu is used instead: ${probe.reason}`],
  };
}

async function whyNotWebGpu(setup: Omit<EngineSetup, 'device'>): Promise<string | undefined> {
  const gpu = await probeDevice({ setup: { ...setup, device: 'webgpu' }, isTimed: true });
  if (!gpu.isUsable) return gpu.reason;
  const cpu = await probeDevice({ setup: { ...setup, device: 'cpu' }, isTimed: true });
  if (!cpu.isUsable || gpu.msPerPicture <= cpu.msPerPicture * worthwhileRatio) return undefined;
  return `it takes ${gpu.msPerPicture.toFixed(0)} ms per picture, the cpu ${cpu.msPerPicture.toFixed(0)} ms`;
}

/** Whether the system lists an NVIDIA device. */
export function hasNvidiaDevice(): boolean {
  return process.platform === 'linux' && (existsSync('/dev/nvidia0') || existsSync('/dev/dxg'));
}

/** On Linux a graphics device has a device node; other systems always offer an adapter to try. */
function hasGraphicsDevice(): boolean {
  if (process.platform !== 'linux' || hasNvidiaDevice()) return true;
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'));
}

function describeFailure(error: Error): string {
  return error.name === 'AbortError' ? `it did not answer within ${probeTimeoutMs / 1000} s` : error.message;
}

/** onnxruntime's messages start with a source position and end with a stack. */
function firstLine(reason: string): string {
  const line = reason.split('\n').find((text) => text.trim() !== '') ?? 'unknown reason';
  return line
    .replace(/^\/onnxruntime_src\/\S+ .*? was false\. /, '')
    .replace(/^\/onnxruntime_src\/\S+ /, '')
    .trim();
}
