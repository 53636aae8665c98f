import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { bundledModels, type BundledModel } from '../../src/model/bundled-models.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('a checkout finds the models in its own models folder, sorted by name', (t) => {
  const names = ['inception-v3', 'starter', 'trunk'];
  const found = bundledModels().filter(({ name }) => names.includes(name));
  t.deepEqual(
    found,
    names.map((name) => ({ name, dir: join(root, 'models', name) })),
  );
});

/** Copies the compiled module to where npm would install the program, with these model packages beside it. */
async function installProgram(t: ExecutionContext, packages: readonly string[]): Promise<string> {
  const folder = await tempFolder(t);
  const program = join(folder, 'node_modules/chromafeed');
  for (const file of ['dist/src/model/bundled-models.js', 'dist/src/version.js', 'package.json'])
    await cp(join(root, file), join(program, file), { recursive: true });
  for (const path of packages) {
    await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, path, 'package.json'), '{}');
  }
  return folder;
}

async function modelsSeenFrom(folder: string): Promise<BundledModel[]> {
  const url = pathToFileURL(join(folder, 'node_modules/chromafeed/dist/src/model/bundled-models.js'));
  const module = (await import(url.href)) as { bundledModels: () => BundledModel[] };
  return module.bundledModels();
}

test('an installed program finds the model packages beside it, and prefers the nearer of two with the same name', async (t) => {
  const folder = await installProgram(t, [
    'node_modules/@chromafeed/model-far',
    'node_modules/@chromafeed/model-near',
    'node_modules/@chromafeed/another-package',
    'node_modules/chromafeed/node_modules/@chromafeed/model-near',
  ]);
  t.deepEqual(await modelsSeenFrom(folder), [
    { name: 'far', dir: join(folder, 'node_modules/@chromafeed/model-far') },
    { name: 'near', dir: join(folder, 'node_modules/chromafeed/node_modules/@chromafeed/model-near') },
  ]);
});

test('a model package that is a link to a folder elsewhere is found', async (t) => {
  const folder = await installProgram(t, ['elsewhere', 'node_modules/@chromafeed/model-plain']);
  await symlink(join(folder, 'elsewhere'), join(folder, 'node_modules/@chromafeed/model-linked'));
  const found = await modelsSeenFrom(folder);
  t.deepEqual(
    found.map(({ name }) => name),
    ['linked', 'plain'],
  );
});
