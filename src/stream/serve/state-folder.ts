import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { LoadedConfig } from '../../config/load-config.ts';

/**
 * The folder for data that survives a restart: `server.stateDir`, or a folder for this config under
 * `XDG_STATE_HOME` (`~/.local/state`).
 * @returns an absolute path; the folder need not exist
 */
export function stateFolder(loaded: LoadedConfig, env: NodeJS.ProcessEnv = process.env): string {
  const { stateDir } = loaded.config.server;
  if (stateDir !== undefined) return resolve(loaded.dir, stateDir);
  const home = env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  const name = createHash('sha256').update(resolve(loaded.path)).digest('hex').slice(0, 16);
  return join(home, 'chromafeed', name);
}
