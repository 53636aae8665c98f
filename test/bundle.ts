import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { glob } from 'tinyglobby';
import { freshBundle } from '../src/bundle.ts';
import { tempFolder } from './helpers/run-ffmpeg.ts';

const run = promisify(execFile);
const dist = fileURLToPath(new URL('../', import.meta.url));

/** A folder with an empty bundle and the compiler's notes, written at these times, seconds. */
async function compiled(t: ExecutionContext, times: { bundle?: number; tsc?: number }): Promise<URL> {
  const folder = await tempFolder(t);
  await mkdir(join(folder, 'program'));
  for (const [name, seconds] of [
    ['program/run-program.js', times.bundle],
    ['.tsbuildinfo', times.tsc],
  ] as const) {
    if (seconds === undefined) continue;
    await writeFile(join(folder, name), '');
    await utimes(join(folder, name), seconds, seconds);
  }
  return pathToFileURL(`${folder}/`);
}

test('a bundle is used if it was made after the modules were compiled, or if nothing can compile them', async (t) => {
  for (const times of [{ bundle: 2000, tsc: 1000 }, { bundle: 2000, tsc: 2000 }, { bundle: 2000 }]) {
    const folder = await compiled(t, times);
    t.is(freshBundle(folder)?.href, new URL('program/run-program.js', folder).href);
  }
});

test('a bundle that is older than the modules is not used, and neither is one that is missing', async (t) => {
  for (const times of [{ bundle: 1000, tsc: 2000 }, { tsc: 1000 }, {}])
    t.is(freshBundle(await compiled(t, times)), undefined);
});

/** A test of the bundle. It is skipped in a checkout that has none of its modules as they are now. */
function withBundle(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  test(title, async (t) => {
    if (freshBundle() !== undefined) return body(t);
    t.log('skipped: the bundle is missing or old: npm run bundle');
    t.pass();
  });
}

withBundle('each module that is started by its URL has a bundle', async (t) => {
  const started = new Set(['worker.js']); // piscina's
  for (const path of await glob('src/**/*.js', { cwd: dist })) {
    const text = await readFile(join(dist, path), 'utf8');
    for (const [, name = ''] of text.matchAll(/new URL\('([^']*\.js)', import\.meta\.url\)/g)) {
      t.true(existsSync(join(dist, dirname(path), name)), `${path}: ${name}`);
      started.add(name.slice(name.lastIndexOf('/') + 1));
    }
  }
  t.true(started.size > 8);
  for (const name of started) t.true(existsSync(join(dist, 'program', name)), name);
});

withBundle('the program loads its own modules from the bundle, and few files in all', async (t) => {
  const env = { ...process.env, NODE_DEBUG: 'esm' };
  const { stderr } = await run(process.execPath, [join(dist, 'src/main.js'), 'file', '--help'], { env });
  const loaded = new Set(stderr.match(/file:[^ ',]*\.m?js/g));
  const modules = [...loaded].filter((url) => url.includes('/dist/src/')).map((url) => url.split('/').at(-1));
  t.deepEqual(modules.sort(), ['bundle.js', 'main.js', 'node-version.js']);
  t.true(loaded.size < 40, [...loaded].join('\n'));
});
