/** Compiles the loops over pixels to WebAssembly, if one of their sources has changed. Usage: npm run build:pixels */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** This file runs as `dist/scripts/build-pixels.js`. */
const root = new URL('../../', import.meta.url);
const assembly = new URL('src/stream/pixels/simd/assembly/', root);
const result = new URL('dist/src/stream/pixels/simd/pixels.wasm', root);
const compiler = new URL('node_modules/assemblyscript/bin/asc.js', root);

function changedMs(file: URL): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

const sources = [...readdirSync(assembly).map((name) => new URL(name, assembly)), compiler];
if (changedMs(result) <= Math.max(...sources.map(changedMs))) {
  const config = fileURLToPath(new URL('asconfig.json', assembly));
  execFileSync(process.execPath, [fileURLToPath(compiler), '--config', config], {
    cwd: fileURLToPath(root),
    stdio: 'inherit',
  });
}
