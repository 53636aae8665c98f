import { readFileSync } from 'node:fs';

/** The folder with `package.json`: two levels above the compiled file. */
export const packageRoot = new URL('../../', import.meta.url);

/** Version of the program. */
export const packageVersion = readVersion();

function readVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'));
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) return String(parsed.version);
  throw new TypeError('package.json has no version');
}
