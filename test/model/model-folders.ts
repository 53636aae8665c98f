import { cp, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { bundledModelDir } from '../../src/model/bundled-models.ts';
import { modelFolders, userModelsDir } from '../../src/model/model-folders.ts';
import { writeModel } from '../helpers/model-fixtures.ts';
import { runProgramWith } from '../helpers/program.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

test("the user's models lie in CHROMAFEED_HOME, or otherwise in XDG's data folder", (t) => {
  const shared = join(homedir(), '.local/share/chromafeed/models');
  t.is(userModelsDir({ CHROMAFEED_HOME: '/data/mine', XDG_DATA_HOME: '/xdg' }), '/data/mine/models');
  t.is(userModelsDir({ CHROMAFEED_HOME: '', XDG_DATA_HOME: '/xdg' }), '/xdg/chromafeed/models');
  t.is(userModelsDir({ XDG_DATA_HOME: 'relative' }), shared);
  t.is(userModelsDir({}), shared);
});

test("a user's model comes before an installed one of the same name", async (t) => {
  const home = await tempFolder(t);
  await writeModel(join(home, 'models/gate'));
  await cp(bundledModelDir('starter') ?? '', join(home, 'models/starter'), { recursive: true });
  await mkdir(join(home, 'models/empty'));
  const found = modelFolders({ CHROMAFEED_HOME: home }).filter(({ name }) =>
    ['gate', 'starter', 'trunk', 'empty'].includes(name),
  );
  t.deepEqual(
    found.map(({ name, origin }) => [name, origin]),
    [
      ['gate', 'user'],
      ['starter', 'user'],
      ['trunk', 'bundled'],
    ],
  );
});

test('`models` says in which folder each model is', async (t) => {
  const home = await tempFolder(t);
  await writeModel(join(home, 'models/gate'));
  const { code, stdout, stderr } = await runProgramWith({ CHROMAFEED_HOME: home }, 'models');
  t.is(code, 0, stderr);
  t.true(stdout.includes(join(home, 'models/gate')), stdout);
  t.true(stdout.includes(bundledModelDir('trunk') ?? '?'), stdout);
});
