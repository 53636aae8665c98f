import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../errors.ts';
import { packageRoot } from '../../version.ts';
import type { EngineModule } from './engine.ts';

const packageName = '@chromafeed/farm';

/**
 * Loads the package that connects to Redis and S3. A checkout and a container image have it beside the program.
 * @throws {AppError} USAGE when it is not installed
 */
export async function loadEngine(): Promise<EngineModule> {
  const own = new URL('dist/packages/farm/src/index.js', packageRoot);
  const name = existsSync(fileURLToPath(own)) ? own.href : packageName;
  try {
    return (await import(name)) as EngineModule;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new AppError('USAGE', `expected the package ${packageName} but it is not installed`, {
      cure: `install it in the same version as the program: npm install ${packageName}`,
      cause: error,
    });
  }
}
