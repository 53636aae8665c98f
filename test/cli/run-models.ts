import { execFile } from 'node:child_process';
import { cp, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { inspectModels, type ModelReport } from '../../src/cli/run-models.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('the installed models are intact, and the list describes their files correctly', async (t) => {
  const reports = await inspectModels();
  t.deepEqual(
    reports.map(({ name, role, ok, fault }) => [name, role, ok, fault]),
    [
      ['efficientnet-lite', 'colorizer', true, undefined],
      ['starter', 'colorizer', true, undefined],
      ['trunk', 'colorizer', true, undefined],
      ['inception-v3', 'embedding', true, undefined],
    ],
  );
  for (const { dir, bytes } of reports) {
    const file = dir.endsWith('inception-v3') ? 'inception-v3.onnx' : 'weights.safetensors';
    t.is((await readFile(join(dir, file))).byteLength, bytes ?? -1);
  }
});

/** A copy of the program whose models a test may damage. */
async function copyProgram(t: ExecutionContext): Promise<string> {
  const folder = await tempFolder(t);
  for (const part of ['dist/src', 'models', 'package.json']) {
    await cp(join(root, part), join(folder, part), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function runModelsIn(folder: string, json: boolean): Promise<{ exitCode: number; stdout: string }> {
  const url = new URL(`file://${folder}/dist/src/cli/run-models.js`).href;
  const script = `import(${JSON.stringify(url)}).then(async (m) => { process.exitCode = await m.runModels({ json: ${json} }, process); })`;
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, ['-e', script], (error, stdout) => {
      if (typeof child.exitCode === 'number') resolve({ exitCode: child.exitCode, stdout });
      else reject(error ?? new Error('no exit code'));
    });
  });
}

test('intact models give a table and exit code 0', async (t) => {
  const { exitCode, stdout } = await runModelsIn(root, false);
  t.is(exitCode, 0);
  t.regex(
    stdout,
    /^starter +1 +colorizer +koalarization +classification +inception-v3 \(2048\) +13\.7 MB +ok +\/.*models\/starter$/m,
  );
});

test('a truncated weights file and a changed embedding are faults with exit code 4', async (t) => {
  const folder = await copyProgram(t);
  await truncate(join(folder, 'models/starter/weights.safetensors'), 1_000_000);
  const onnx = join(folder, 'models/inception-v3/inception-v3.onnx');
  const bytes = await readFile(onnx);
  bytes[5_000_000] = (bytes[5_000_000] ?? 0) ^ 1;
  await writeFile(onnx, bytes);

  const { exitCode, stdout } = await runModelsIn(folder, true);
  t.is(exitCode, 4);
  const { ok, models } = JSON.parse(stdout) as { ok: boolean; models: ModelReport[] };
  t.false(ok);
  t.regex(
    models.find(({ name }) => name === 'starter')?.fault ?? '',
    /weights\.safetensors: expected 13674062 bytes but got 1000000$/,
  );
  t.regex(
    models.at(-1)?.fault ?? '',
    /inception-v3\.onnx: expected sha256 [0-9a-f]{64} but got [0-9a-f]{64}$/,
  );
  t.true(models.find(({ name }) => name === 'trunk')?.ok);
  const broken = models.filter((model) => !model.ok);
  t.true(broken.every(({ cure }) => cure !== undefined && cure !== ''));

  const plain = await runModelsIn(folder, false);
  t.is(plain.exitCode, 4);
  t.regex(plain.stdout, /^starter: .*\n {2}what to do: /m);
});
