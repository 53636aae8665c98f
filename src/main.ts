#!/usr/bin/env node
/**
 * The entry point of the command line. It refuses an old Node before it imports anything that such a Node cannot
 * parse. Then it starts the bundled program, or the modules themselves in a checkout whose bundle is older.
 */
import { readFileSync } from 'node:fs';
import { freshBundle } from './bundle.ts';
import { isVersionIn } from './node-version.ts';

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  engines: { node: string };
};
if (isVersionIn(process.version, engines.node)) {
  const bundle = freshBundle();
  const { runProgram } =
    bundle === undefined
      ? await import('./cli/run-program.ts')
      : ((await import(bundle.href)) as typeof import('./cli/run-program.ts'));
  await runProgram();
} else {
  console.error(`chromafeed: expected Node ${engines.node} but this is ${process.version}`);
  console.error('  what to do: install Node 20.19, 22.13 or 24 and newer, from https://nodejs.org');
  process.exitCode = 1;
}
