import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/version.ts';

const program = fileURLToPath(new URL('dist/src/main.js', packageRoot));

/**
 * Runs `chromafeed` and shows what it prints.
 * @throws {Error} if it fails or is stopped
 */
export async function runProgram(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`chromafeed ${args[0] ?? ''} ended with exit code ${String(code)}`);
}
