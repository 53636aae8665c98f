import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const packageFile = require.resolve('@tensorflow/tfjs-backend-wasm/package.json');
const name = 'tfjs-backend-wasm-threaded-simd';

/** The package's WebAssembly build with threads. */
export const wasmBinary = join(packageFile, '..', 'wasm-out', `${name}.wasm`);
/** CommonJS: exports the function that creates the module. */
export const moduleScript = join(packageFile, '..', 'wasm-out', `${name}.js`);
/** CommonJS: exports the source text of a thread's script. */
export const threadScript = join(packageFile, '..', 'wasm-out', `${name}.worker.js`);
