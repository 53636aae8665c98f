/** Where the bundled program is. This file uses nothing that an old Node lacks. */
import { statSync } from 'node:fs';

/** The folder that the compiler and the bundler write to, with `src/` and `program/` in it. */
const compiled = new URL('../', import.meta.url);

/**
 * Finds the program in its bundled form (scripts/bundle.ts), which starts with less work than its 600 modules.
 * A checkout has none before its first `npm run build`, and an old one after `tsc` alone. `tsc` writes its notes
 * whenever it compiles something, so their time says so.
 * @param folder - that has the compiled program; absent: the one of this file
 * @returns its first file; undefined when the modules must be run, because the bundle is missing or older than they are
 */
export function freshBundle(folder = compiled): URL | undefined {
  const bundle = new URL('program/run-program.js', folder);
  const bundledMs = changedMs(bundle);
  const compiledMs = changedMs(new URL('.tsbuildinfo', folder)) ?? 0; // an installed package has no notes
  return bundledMs !== undefined && bundledMs >= compiledMs ? bundle : undefined;
}

function changedMs(file: URL): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
