import { execFile, type ExecFileException } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

/** The packed program and models, installed in a separate folder outside the checkout. */
export interface InstalledPackages extends AsyncDisposable {
  readonly folder: string;
  /** The size of each published package, bytes, by name. */
  readonly packedBytes: ReadonlyMap<string, number>;
  /** The output of npm while it packed. */
  readonly packLog: string;
}

/**
 * Packs the program with its scripts, the farm and the models that the program needs, and installs all of them together
 * in an empty folder. The other models take long to compress.
 * @returns the packages, or the reason why npm cannot install them without its registry
 */
export async function installPackages(): Promise<InstalledPackages | { readonly missing: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'chromafeed-installed-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const packed = await packAll(join(folder, 'packages'));
    await installIn(folder, packed.files);
    return { folder, ...packed, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    const missing = outOfReach(error);
    if (missing === undefined) throw error;
    return { missing };
  }
}

interface Packed {
  readonly files: readonly string[];
  readonly packedBytes: ReadonlyMap<string, number>;
  readonly packLog: string;
}

async function packAll(folder: string): Promise<Packed> {
  await mkdir(folder, { recursive: true });
  const { stdout } = await run(
    'npm',
    ['pack', '--include-workspace-root', ...(await neededWorkspaces()), '--pack-destination', folder],
    { cwd: root, shell: process.platform === 'win32', maxBuffer: 2 ** 26 },
  );
  const names = stdout.split('\n').filter((line) => line.endsWith('.tgz'));
  const files = names.map((name) => join(folder, basename(name)));
  const sizes = await Promise.all(
    files.map(async (file) => [packageOf(basename(file)), (await stat(file)).size] as const),
  );
  return { files, packedBytes: new Map(sizes), packLog: stdout };
}

const mainSchema = z.looseObject({ dependencies: z.record(z.string(), z.string()) });

async function neededWorkspaces(): Promise<string[]> {
  const { dependencies } = mainSchema.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const models = Object.keys(dependencies).filter((name) => name.startsWith('@chromafeed/'));
  return ['@chromafeed/farm', ...models].flatMap((name) => ['-w', name]);
}

/** `chromafeed-model-trunk-6.0.0.tgz` is `@chromafeed/model-trunk`. */
function packageOf(file: string): string {
  const name = file.replace(/-\d+\.\d+\.\d+\.tgz$/, '');
  return name.replace(/^chromafeed-/, '@chromafeed/');
}

async function installIn(folder: string, files: readonly string[]): Promise<void> {
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  await linkInstalled(join(folder, 'node_modules'));
  await run(
    'npm',
    [
      'install',
      '--prefer-offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--no-package-lock',
      ...files,
    ],
    {
      cwd: folder,
      shell: process.platform === 'win32',
      env: { ...process.env, npm_config_fetch_retries: '0' },
    },
  );
}

const lockSchema = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

/**
 * Saves npm 400 MB of unpacking: the checkout's packages that are not only for development are already there as hard
 * links. npm checks them and adds missing ones. If links fail, npm fetches everything.
 */
async function linkInstalled(target: string): Promise<void> {
  const { packages } = lockSchema.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  const names = Object.entries(packages)
    .filter(([path, { dev, devOptional, link }]) => {
      const isTop = path.startsWith('node_modules/') && !path.includes('/node_modules/');
      return isTop && dev !== true && devOptional !== true && link !== true && existsSync(join(root, path));
    })
    .map(([path]) => path.slice('node_modules/'.length));
  await mkdir(target);
  await run('cp', ['-al', '--parents', ...names, target], { cwd: join(root, 'node_modules') }).catch(() =>
    rm(target, { recursive: true, force: true }),
  );
}

/** The line in which npm says that it cannot reach its registry. */
function outOfReach(error: unknown): string | undefined {
  const { stderr = '' } = error as ExecFileException;
  return /^npm error .*(ENOTFOUND|ETIMEDOUT|ECONNREFUSED|EAI_AGAIN|ENOTCACHED|ENETUNREACH).*$/m.exec(
    stderr,
  )?.[0];
}
