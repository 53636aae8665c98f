/**
 * A thread of the WebAssembly module (`wasm-module.ts`): runs the script that TensorFlow.js brings for it, which
 * is meant for CommonJS and for browsers.
 */
import { createRequire } from 'node:module';
import { runInThisContext } from 'node:vm';
import { threadScript } from './wasm-files.ts';

const require = createRequire(import.meta.url);
const { wasmWorkerContents } = require(threadScript) as { wasmWorkerContents: string };
Object.assign(globalThis, { require, __filename: threadScript });
// It was written for a file, and has lost one level of escapes in being kept as a string.
runInThisContext(wasmWorkerContents.replaceAll('\n', '\\n'));
