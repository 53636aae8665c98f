/**
 * A thread of the WebAssembly module (`wasm-module.ts`): runs TensorFlow.js's script for it, which is written for
 * CommonJS and browsers.
 */
import { createRequire } from 'node:module';
import { runInThisContext } from 'node:vm';
import { threadScript } from './wasm-files.ts';

const require = createRequire(import.meta.url);
const { wasmWorkerContents } = require(threadScript) as { wasmWorkerContents: string };
Object.assign(globalThis, { require, __filename: threadScript });
// The script was written as a file; stored as a string, it has lost one level of escapes.
runInThisContext(wasmWorkerContents.replaceAll('\n', '\\n'));
