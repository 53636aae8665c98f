/**
 * Bundles the program into dist/program: the modules in dist/src, and the packages that it loads at each start. Node
 * then opens a dozen files instead of 900, in the main process and in each worker thread. Usage: npm run bundle
 *
 * A module that runs in a thread or a process of its own gets a bundle of its own. Other modules name it with
 * `new URL('./name.js', import.meta.url)`, and in the bundle such a URL names its bundle. Any other
 * `import.meta.url` stays the place of the module in dist/src, from which it finds files.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const require = createRequire(import.meta.url);
const modulesDir = fileURLToPath(new URL('../src', import.meta.url));
const bundleDir = fileURLToPath(new URL('../program', import.meta.url));

/** Packages whose JavaScript many commands load at the start. Node finds the others when the program runs. */
const bundledPackages = new Set([
  'cli-progress',
  'commander',
  'fastest-levenshtein',
  'fluent-ffmpeg',
  'picomatch',
  'pino',
  'pino-pretty',
  'piscina',
  'protobufjs',
  'pure-rand',
  'rxjs',
  'sharp',
  'tinyglobby',
  'yaml',
  'zod',
]);

/** CommonJS packages use both names, which an ES module does not have. */
const banner = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const __dirname = import.meta.dirname;`;

/** The URL of a module of this project. */
const moduleUrl = /new URL\('(\.[^']*\.js)', import\.meta\.url\)/g;

const program = join(modulesDir, 'cli/run-program.js');
const threadStart = join(dirname(require.resolve('piscina')), 'worker.js');
const others = await startedModules();
await rm(bundleDir, { recursive: true, force: true });
await Promise.all([threadStart, ...others].map(bundle));
await bundle(program); // comes last, so that it is there only if all the others are

/** @returns the modules that the others name by their URL */
async function startedModules(): Promise<string[]> {
  const byName = new Map<string, string>();
  for (const file of await readdir(modulesDir, { recursive: true })) {
    if (!file.endsWith('.js')) continue;
    const path = join(modulesDir, file);
    for (const [, url = ''] of (await readFile(path, 'utf8')).matchAll(moduleUrl)) {
      const started = join(dirname(path), url);
      const known = byName.get(basename(started)) ?? started;
      if (known !== started)
        throw new Error(`expected files of different names but got ${known} and ${started}`);
      byName.set(basename(started), started);
    }
  }
  return [...byName.values()];
}

/** Writes NAME.js, and the parts that it loads later as NAME.PART-HASH.js. */
async function bundle(path: string): Promise<void> {
  const name = basename(path, '.js');
  await build({
    entryPoints: { [name]: path },
    outdir: bundleDir,
    chunkNames: `${name}.[name]-[hash]`,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    legalComments: 'eof',
    banner: { js: banner },
    external: ['@img/sharp-*', '@napi-rs/nice'], // compiled for each system
    // For Node, rxjs names its ES5 form; this one is smaller.
    alias: { rxjs: join(dirname(require.resolve('rxjs/package.json')), 'dist/esm/index.js') },
    plugins: [placedModules(), externalPackages(), withoutTranslations()],
    logLevel: 'warning',
  });
}

/** Gives each module the `import.meta.url` that it has outside of the bundle. */
function placedModules(): Plugin {
  return {
    name: 'placed-modules',
    setup: (plugin) => {
      plugin.onLoad({ filter: /\.m?js$/ }, async ({ path }) => {
        const place = placeOf(path);
        if (place === undefined) return undefined;
        const text = await readFile(path, 'utf8');
        const contents = text.replace(
          new RegExp(`${moduleUrl.source}|import\\.meta\\.url`, 'g'),
          (_, url?: string) => (url === undefined ? place : `new URL('./${basename(url)}', import.meta.url)`),
        );
        return { contents };
      });
    },
  };
}

/** @returns an expression; undefined for packages that only other packages name */
function placeOf(path: string): string | undefined {
  if (path.startsWith(modulesDir))
    return `new URL('${relative(bundleDir, path).replaceAll('\\', '/')}', import.meta.url).href`;
  const [, name = ''] = /.*[\\/]node_modules[\\/]([^\\/]+)/.exec(path) ?? [];
  return bundledPackages.has(name) ? `import.meta.resolve('${name}')` : undefined;
}

/** Leaves all packages out but `bundledPackages` and what these import. */
function externalPackages(): Plugin {
  return {
    name: 'external-packages',
    setup: (plugin) => {
      plugin.onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
        if (!importer.startsWith(modulesDir) || path.startsWith('node:')) return undefined;
        const [name = ''] = path.split('/');
        return bundledPackages.has(name) ? undefined : { external: true };
      });
    },
  };
}

/** zod's messages in other languages are half a megabyte that nothing here reads. */
function withoutTranslations(): Plugin {
  return {
    name: 'without-translations',
    setup: (plugin) => {
      plugin.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export {};' }));
    },
  };
}
