import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const packageFile = require.resolve('@tensorflow/tfjs-backend-wasm/package.json');
const name = 'tfjs-backend-wasm-threaded-simd';

/** The package's build for threads: WebAssembly. */
export const wasmBinary = join(packageFile, '..', 'wasm-out', `${name}.wasm`);
/** CommonJS: exports the function that makes a module of it. */
export const moduleScript = join(packageFile, '..', 'wasm-out', `${name}.js`);
/** CommonJS: exports the text of a thread's script. */
export const threadScript = join(packageFile, '..', 'wasm-out', `${name}.worker.js`);
