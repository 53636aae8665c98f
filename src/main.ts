#!/usr/bin/env node
/**
 * The entry point of the command line. It refuses an old Node before it imports anything that such a Node cannot
 * parse.
 */
import { readFileSync } from 'node:fs';
import { isVersionIn } from './node-version.ts';

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  engines: { node: string };
};
if (isVersionIn(process.version, engines.node)) {
  const { runProgram } = await import('./cli/run-program.ts');
  await runProgram();
} else {
  console.error(`chromafeed: expected Node ${engines.node} but this is ${process.version}`);
  console.error('  what to do: install Node 20.19, 22.13 or 24 and newer, from https://nodejs.org');
  process.exitCode = 1;
}
