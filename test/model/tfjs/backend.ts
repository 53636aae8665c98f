import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../src/errors.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

const gpuPackage = '@tensorflow/tfjs-node-gpu';
const cpuPackage = '@tensorflow/tfjs-node';
const wasmEngine = /^TensorFlow\.js 4\.\d+\.\d+ \(WebAssembly with SIMD, one thread\)$/;

/** Makes a file in a folder whose `node_modules` holds these packages. `packages` has the text of each main module. */
async function folderWith(t: ExecutionContext, packages: Record<string, string>): Promise<string> {
  const folder = await tempFolder(t);
  for (const [name, text] of Object.entries(packages)) {
    const place = join(folder, 'node_modules', name);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'package.json'), JSON.stringify({ name, main: 'index.js' }));
    await writeFile(join(place, 'index.js'), text);
  }
  return join(folder, 'program.js');
}

// This test is the first in this process to open WebAssembly, so the backend adds its kernels here.
test.serial('WebAssembly adds no error listeners to the process', async (t) => {
  const count = (): number[] =>
    ['uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event));
  const before = count();
  t.deepEqual((await openTensorflow('wasm', { threads: 1 })).why, []);
  t.deepEqual(count(), before);
});

test.serial(
  'without the optional packages WebAssembly is used, and a message says what is not installed',
  async (t) => {
    const backend = await openTensorflow('auto', { from: await folderWith(t, {}) });
    t.is(backend.name, 'wasm');
    t.is(backend.tf, tf);
    t.is(tf.getBackend(), 'wasm');
    t.regex(backend.engine, wasmEngine);
    t.deepEqual(backend.why, [`${gpuPackage} is not installed`, `${cpuPackage} is not installed`]);
    const product = tf.tidy(() => tf.matMul([[1, 2]], [[3], [4]]).dataSync());
    t.deepEqual([...product], [11]);
  },
);

test.serial(
  'if a library cannot be loaded, the message has its name and the first line of the reason',
  async (t) => {
    const fault = 'libtensorflow.so.2: cannot open shared object file: No such file or directory';
    const throwing = `throw new Error(${JSON.stringify(`\n${fault}\nRequire stack:\n- /a`)});`;
    const from = await folderWith(t, { [gpuPackage]: throwing });
    const { name, why } = await openTensorflow('auto', { from });
    t.is(name, 'wasm');
    t.deepEqual(why, [
      `${gpuPackage} is installed, but its library cannot be loaded: ${fault}`,
      `${cpuPackage} is not installed`,
    ]);
  },
);

test.serial('a package with its own copy of TensorFlow.js is not used', async (t) => {
  const other = `exports.version = { 'tfjs-core': '4.20.0', 'tfjs-node': '4.20.0' }; exports.Tensor = class {};`;
  const { name, why } = await openTensorflow('auto', {
    from: await folderWith(t, { [cpuPackage]: other }),
  });
  t.is(name, 'wasm');
  t.is(
    why[1],
    `${cpuPackage} has its own copy of TensorFlow.js 4.20.0, but this program has ${tf.version_core}: run npm dedupe`,
  );
});

test.serial('if the chosen backend does not work, the error has the reasons and a cure', async (t) => {
  const from = await folderWith(t, {});
  for (const [choice, packages] of [
    ['gpu', [gpuPackage, cpuPackage]],
    ['native', [cpuPackage, gpuPackage]],
  ] as const) {
    const error = await t.throwsAsync(openTensorflow(choice, { from }), { instanceOf: AppError });
    t.is(error.code, 'DEVICE_UNAVAILABLE');
    const reasons = packages.map((name) => `${name} is not installed`).join('; ');
    t.is(error.message, `TensorFlow cannot be used: ${reasons}`);
    t.regex(error.cure ?? '', /docs\/tensorflow\.md/);
  }
});

test.serial('two callers that open WebAssembly at the same time both get it', async (t) => {
  const backends = await Promise.all([
    openTensorflow('wasm', { threads: 1 }),
    openTensorflow('wasm', { threads: 1 }),
  ]);
  t.deepEqual(
    backends.map(({ name }) => name),
    ['wasm', 'wasm'],
  );
});
