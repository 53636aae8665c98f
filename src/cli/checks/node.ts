import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isVersionIn } from '../../node-version.ts';
import { packageRoot } from '../../version.ts';
import { failed, passed, type Check } from './check.ts';

const packageJson = z.object({ engines: z.object({ node: z.string() }) });

/** Checks whether `package.json` allows this Node. */
export async function checkNode(version: string = process.version): Promise<Check> {
  const text = await readFile(new URL('package.json', packageRoot), 'utf8');
  const { engines } = packageJson.parse(JSON.parse(text));
  const detail = `${version} on ${process.platform} ${process.arch}; expected ${engines.node}`;
  if (isVersionIn(version, engines.node)) return passed('node', detail);
  return failed('node', detail, 'install Node 20.19, 22.13 or 24 and newer, from https://nodejs.org');
}
