import { readFile } from 'node:fs/promises';
import test from 'ava';

test('the library loads no server, no trainer and no dashboard', async (t) => {
  const loaded = await imports(new URL('../src/index.js', import.meta.url), new Set());
  t.true(loaded.has('sharp') && [...loaded].some((name) => name.endsWith('/stream/film/colorize-film.js')));
  const refused =
    /^(express|ws|helmet|@tensorflow|pino|rate-limiter|prom-client)|src\/(train|cli|stream\/(serve|live|publish|dashboard))\//;
  t.deepEqual(
    [...loaded].filter((name) => refused.test(name)),
    [],
  );
});

/** All modules that a compiled file loads when it is imported: the URLs of files and the names of packages. */
async function imports(file: URL, found: Set<string>): Promise<Set<string>> {
  found.add(file.href);
  const code = await readFile(file, 'utf8');
  for (const [, name = ''] of code.matchAll(/^(?:import|export)\b[^;]*?from ['"]([^'"]+)['"];$/gm)) {
    if (!name.startsWith('.')) found.add(name);
    else if (!found.has(new URL(name, file).href)) await imports(new URL(name, file), found);
  }
  return found;
}
