import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Worker } from 'node:worker_threads';
import { BackendWasm, getThreadsCount, setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { moduleScript, wasmBinary } from './wasm-files.ts';

/** The parts of Emscripten's module with threads that are used here, as the package's script creates it. */
type ThreadedModule = ConstructorParameters<typeof BackendWasm>[0] & {
  readonly PThread: { readonly unusedWorkers: Worker[]; readonly runningWorkers: Worker[] };
  readonly cwrap: (
    name: string,
    returned: 'number' | null,
    given: 'number'[],
  ) => (...numbers: number[]) => number;
};

type Imports = Readonly<Record<string, object>>;
type Compiled = object;
interface Instance {
  readonly exports: object;
}
type ModuleFactory = (settings: {
  readonly mainScriptUrlOrBlob: string;
  readonly locateFile: (name: string) => string | URL;
  readonly instantiateWasm: (
    imports: Imports,
    receive: (instance: Instance, compiled: Compiled) => void,
  ) => object;
}) => Promise<ThreadedModule>;

/** Node has it, but TypeScript declares it only for browsers. */
declare const WebAssembly: {
  compile(binary: Uint8Array): Promise<Compiled>;
  Instance: new (compiled: Compiled, imports: Imports) => Instance;
};

/**
 * Opens TensorFlow.js's WebAssembly backend with several threads. In Node the package has one thread only, because
 * Node starts none from a blob (github.com/tensorflow/tfjs/issues/3830). Its build for browsers works if it is told
 * where its files are.
 * @param wanted - threads; the module takes 4 at most
 * @returns the backend and the number of its threads; they end with the process and do not keep it running
 */
export async function makeWasmBackend(wanted: number): Promise<{ backend: BackendWasm; threads: number }> {
  const module = await makeModule(wanted);
  module.tfjs = bindFunctions(module);
  setThreadsCount(wanted);
  const backend = new BackendWasm(module);
  const { unusedWorkers, runningWorkers } = module.PThread;
  for (const worker of runningWorkers) worker.unref();
  // It starts 8 threads, however many it needs.
  await Promise.all(unusedWorkers.splice(0).map((worker) => worker.terminate()));
  return { backend, threads: getThreadsCount() };
}

async function makeModule(threads: number): Promise<ThreadedModule> {
  const makeFromScript = createRequire(import.meta.url)(moduleScript) as ModuleFactory;
  const compiled = await WebAssembly.compile(await readFile(wasmBinary));
  return makeFromScript({
    mainScriptUrlOrBlob: moduleScript,
    locateFile: (name) => (name.endsWith('.js') ? new URL('./wasm-thread.js', import.meta.url) : name),
    instantiateWasm: (imports, receive) => {
      // Its default is half of the cores, which is one of two.
      const env = { ...imports['env'], emscripten_num_logical_cores: () => 2 * threads };
      const instance = new WebAssembly.Instance(compiled, { ...imports, env });
      receive(instance, compiled);
      return instance.exports;
    },
  });
}

/** The functions that the backend calls, bound as in the package's own `init`. */
function bindFunctions({ cwrap }: ThreadedModule): ThreadedModule['tfjs'] {
  return {
    init: cwrap('init', null, []),
    initWithThreadsCount: cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: cwrap('get_threads_count', 'number', []),
    registerTensor: cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: cwrap('dispose_data', null, ['number']),
    dispose: cwrap('dispose', null, []),
  };
}
