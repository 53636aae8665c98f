import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { relativeError } from '../../helpers/model-fixtures.ts';

/** Where Debian's `chromium` package keeps SwiftShader, a Vulkan driver in software. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
/** An empty driver list, as on a machine without a graphics device. */
const noDriver = '/nonexistent/icd.json';

interface Outcome {
  readonly device: string;
  readonly notices: readonly string[];
  readonly ab: readonly number[];
}

const testWithSwiftShader = existsSync(swiftShader) ? test : test.skip;
const skipped = existsSync(swiftShader)
  ? ''
  : " (skipped: Debian's chromium, which brings SwiftShader, is not installed)";

testWithSwiftShader(`WebGPU gives the chroma that the CPU gives${skipped}`, async (t) => {
  t.timeout(170_000);
  const { device, notices, ab } = await colorizeOn('webgpu', swiftShader);
  t.is(device, 'webgpu', notices.join());
  t.deepEqual(notices, []);
  t.true(relativeError(ab, await onCpu()) < 1e-4);
});

testWithSwiftShader(`a software graphics driver does not win over the CPU${skipped}`, async (t) => {
  t.timeout(170_000);
  t.is((await colorizeOn('auto', swiftShader)).device, existsSync('/dev/nvidia0') ? 'cuda' : 'cpu');
});

if (process.platform === 'linux') {
  test('a device that cannot be used is replaced by the CPU, and a notice says why', async (t) => {
    const { device, notices, ab } = await colorizeOn('webgpu', noDriver);
    t.is(device, 'cpu');
    t.is(notices.length, 1);
    t.regex(
      notices[0] ?? '',
      /^webgpu cannot be used, so the cpu is used instead: .*[Nn]o supported adapters/,
    );
    t.true(relativeError(ab, await onCpu()) < 1e-6);
  });
}

if (!existsSync('/dev/nvidia0')) {
  test('CUDA without its library is replaced by the CPU, and a notice says why', async (t) => {
    const { device, notices } = await colorizeOn('cuda', noDriver);
    t.is(device, 'cpu');
    t.regex(notices[0] ?? '', /^cuda cannot be used, so the cpu is used instead: ./);
  });
}

let cpu: Promise<Outcome> | undefined;

/** The colour of the CPU, which `open-colorizer` compares with PyTorch. */
async function onCpu(): Promise<readonly number[]> {
  const { ab } = await (cpu ??= colorizeOn('cpu', noDriver));
  return ab;
}

/** Runs in a separate process, because Vulkan reads its list of drivers only once. */
async function colorizeOn(device: string, driverFiles: string): Promise<Outcome> {
  const script = fileURLToPath(new URL('../../helpers/print-chroma.js', import.meta.url));
  const env = { ...process.env, VK_DRIVER_FILES: driverFiles, VK_ICD_FILENAMES: driverFiles };
  const { stdout } = await promisify(execFile)(process.execPath, [script, device], { env });
  return JSON.parse(stdout) as Outcome;
}
