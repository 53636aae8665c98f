import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { z } from 'zod';
import { defaultModel } from '../../src/model/default-model.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const json = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));

const mainSchema = z.looseObject({
  files: z.array(z.string()),
  exports: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])),
  dependencies: z.record(z.string(), z.string()),
  version: z.string(),
  peerDependencies: z.record(z.string(), z.string()),
  peerDependenciesMeta: z.record(z.string(), z.looseObject({ optional: z.boolean() })),
});
const modelSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  description: z.string(),
  files: z.array(z.string()),
});
const manifestSchema = z.looseObject({
  version: z.number(),
  embedding: z.looseObject({ network: z.string() }),
});

const main = mainSchema.parse(json('package.json'));
const folders = readdirSync(join(root, 'models')).filter((name) =>
  statSync(join(root, 'models', name)).isDirectory(),
);

for (const name of folders) {
  const folder = join('models', name);
  const described = modelSchema.parse(json(join(folder, 'package.json')));

  test(`${folder} is an npm package with a licence and a README, and all its files are packed`, (t) => {
    t.is(described.name, `@chromafeed/model-${name}`);
    t.regex(described.license, /^MIT( AND Apache-2\.0)?$/);
    const always = ['package.json', 'LICENSE', 'README.md'];
    t.deepEqual(readdirSync(join(root, folder)).sort(), [...always, ...described.files].sort());
  });

  test(`chromafeed names the version of ${folder} that the checkout has`, (t) => {
    const [major] = described.version.split('.');
    const range = main.dependencies[described.name] ?? main.peerDependencies[described.name];
    t.is(range, `^${described.version}`);
    if (!existsSync(join(root, folder, 'model.json'))) return;
    const manifest = manifestSchema.parse(json(join(folder, 'model.json')));
    t.is(major, String(manifest.version), 'the package counts as the model does');
  });
}

test('the package of the farm has the version of the program, which names it as optional, and does not import it', (t) => {
  const farm = modelSchema.parse(json('packages/farm/package.json'));
  t.is(farm.version, main.version);
  t.is(main.peerDependencies[farm.name], `^${farm.version}`);
  t.true(main.peerDependenciesMeta[farm.name]?.optional);
  const sources = readdirSync(join(root, 'packages/farm/src')).map((name) =>
    readFileSync(join(root, 'packages/farm/src', name), 'utf8'),
  );
  // Types vanish when it is compiled; anything else would not be found once it is installed.
  const imports = sources.flatMap((text) => [...text.matchAll(/^import [^;]*? from '([^']+)';/gms)]);
  t.true(imports.length > 10);
  for (const [text, from = ''] of imports)
    t.true(!from.includes('/src/') || text.startsWith('import type '), text);
});

test('chromafeed depends on the default model and on the network of its embedding', (t) => {
  const { embedding } = manifestSchema.parse(json(`models/${defaultModel}/model.json`));
  for (const name of [defaultModel, embedding.network])
    t.true(`@chromafeed/model-${name}` in main.dependencies, name);
});

test('every entry and every file that package.json names exists', (t) => {
  for (const entry of Object.values(main.exports))
    for (const path of typeof entry === 'string' ? [entry] : Object.values(entry))
      t.true(existsSync(join(root, path)), path);
  for (const path of main.files.filter((each) => !each.startsWith('!')))
    t.true(existsSync(join(root, path)), path);
});
