import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const posix = process.platform === 'win32' ? test.skip : test;

/** The programs that `run` itself calls. Its PATH has no others, so each case decides what the machine has. */
const tools =
  'awk bash cat cksum dirname find flock grep id mkdir mktemp nice readlink rm sort tail tee'.split(' ');

/** Replaces npm: writes its arguments into a log and makes the files that npm would make. */
const fakeNpm = `#!/usr/bin/env bash
echo "$*" >> "$ROOT/npm.log"
case "$*" in
  ci*) [ -z "$NPM_FAILS" ] || { echo 'registry out of reach'; exit 1; }
    mkdir -p "$ROOT/node_modules/.bin"; : > "$ROOT/node_modules/.package-lock.json"
    for tool in ava prettier; do
      printf '#!/bin/sh\\ncat "$ROOT/%s.out" 2>/dev/null; exit "$(cat "$ROOT/%s.code" 2>/dev/null || echo 0)"\\n' $tool $tool \\
        > "$ROOT/node_modules/.bin/$tool"; chmod +x "$ROOT/node_modules/.bin/$tool"
    done ;;
  *build*) mkdir -p "$ROOT/dist/src"; cp "$ROOT/src/main.ts" "$ROOT/dist/src/main.js" ;;
  *lint*) exit "$LINT_CODE" ;;
esac
`;
const fakes: Record<string, string> = {
  npm: fakeNpm,
  node: '#!/bin/sh\necho v18.20.4\n',
  id: '#!/bin/sh\necho "${TEST_UID:-1000}"\n',
  'apt-get': `#!/bin/sh
echo "$*" >> "$ROOT/apt.log"
case "$*" in *install*) cp "$ROOT/bin/npm" "$ROOT/bin/ffmpeg"; cp "$ROOT/bin/npm" "$ROOT/bin/ffprobe" ;; esac
`,
};
const program = `console.log(JSON.stringify(process.argv.slice(2)), process.cwd()); process.exitCode = 7;`;

interface Machine {
  readonly folder: string;
  readonly run: (
    script: 'run' | '.ci/run',
    args?: string[],
    env?: Record<string, string>,
  ) => Promise<{ code: number; stdout: string; stderr: string }>;
  readonly npmCalls: () => Promise<string[]>;
  readonly put: (name: string, text: string) => Promise<void>;
}

/** A checkout with the real scripts, on a machine that has these programs. */
async function makeMachine(t: ExecutionContext, has: readonly string[]): Promise<Machine> {
  const folder = await tempFolder(t);
  const put = async (name: string, text: string): Promise<void> => {
    await writeFile(join(folder, name), text);
    if (text.startsWith('#!')) await chmod(join(folder, name), 0o755);
  };
  for (const name of ['bin', '.ci', 'src', 'elsewhere']) await mkdir(join(folder, name));
  for (const script of ['run', '.ci/run']) await copyFile(join(root, script), join(folder, script));
  await put('package-lock.json', '{}');
  await put('.npmrc', '');
  await put('package.json', '{"type":"module"}');
  await put('src/main.ts', program);
  for (const name of [...tools, 'cp', 'chmod', 'env']) {
    const place = (process.env['PATH'] ?? '').split(delimiter).find((at) => existsSync(join(at, name)));
    if (place !== undefined && !has.includes(name))
      await symlink(join(place, name), join(folder, 'bin', name));
  }
  if (!has.includes('node')) await symlink(process.execPath, join(folder, 'bin/node'));
  for (const name of has) await put(`bin/${name}`, fakes[name] ?? '#!/bin/sh\n');

  return {
    folder,
    put,
    npmCalls: async () =>
      (await readFile(join(folder, 'npm.log'), 'utf8').catch(() => ''))
        .split('\n')
        .filter((call) => call !== ''),
    run: (script, args = [], env = {}) =>
      new Promise((resolve) => {
        const options = {
          cwd: join(folder, 'elsewhere'),
          env: { PATH: join(folder, 'bin'), ROOT: folder, LINT_CODE: '0', NPM_FAILS: '', ...env },
        };
        execFile(join(folder, script), args, options, (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
        );
      }),
  };
}

const complete = ['npm', 'ffmpeg', 'ffprobe'];

posix('the first call installs and builds, the second only runs the program', async (t) => {
  const machine = await makeMachine(t, complete);
  const first = await machine.run('run', ['file', 'a b.mkv', '--crf=18']);
  t.is(first.code, 7, first.stderr);
  t.is(first.stdout, `["file","a b.mkv","--crf=18"] ${join(machine.folder, 'elsewhere')}\n`);
  t.deepEqual(await machine.npmCalls(), ['ci --no-audit --no-fund --loglevel=error', 'run --silent build']);
  const second = await machine.run('run', ['models']);
  t.is(second.stderr, '');
  t.is((await machine.npmCalls()).length, 2);
});

posix('a changed source is built again, and a changed lock file is installed again', async (t) => {
  const machine = await makeMachine(t, complete);
  await machine.run('run');
  await machine.put('src/main.ts', `${program} // changed`);
  await machine.run('run');
  t.deepEqual((await machine.npmCalls()).slice(2), ['run --silent build']);
  await machine.put('package-lock.json', '{"changed":true}');
  await machine.run('run');
  t.is((await machine.npmCalls())[3]?.startsWith('ci '), true);
});

posix('packages that somebody installed with npm are used as they are', async (t) => {
  const machine = await makeMachine(t, complete);
  await mkdir(join(machine.folder, 'node_modules'));
  await machine.put('node_modules/.package-lock.json', '{}');
  await machine.run('run');
  t.deepEqual(await machine.npmCalls(), ['run --silent build']);
});

posix('packages are never installed through a link, which npm ci would empty', async (t) => {
  const machine = await makeMachine(t, complete);
  await mkdir(join(machine.folder, 'shared'));
  await machine.put('shared/kept', '');
  await symlink(join(machine.folder, 'shared'), join(machine.folder, 'node_modules'));
  const { code, stderr } = await machine.run('run', ['models']);
  t.is(code, 1);
  t.regex(stderr, /^run: node_modules is a link to .*shared: run npm ci there, or remove the link\n$/);
  t.deepEqual(await machine.npmCalls(), []);
  t.true(existsSync(join(machine.folder, 'shared/kept')));
});

posix('ffmpeg is installed by apt-get as root, without recommended packages', async (t) => {
  const machine = await makeMachine(t, ['npm', 'apt-get', 'id']);
  const { code } = await machine.run('run', [], { TEST_UID: '0' });
  t.is(code, 7);
  const calls = await readFile(join(machine.folder, 'apt.log'), 'utf8');
  t.is(calls, '-qq update\n-qq install -y --no-install-recommends ffmpeg\n');
});

for (const [title, has] of [
  ['a machine without apt-get', ['npm']],
  ['a user who may not install', ['npm', 'apt-get', 'id']],
] as const) {
  posix(`${title} gets one line that says what to install`, async (t) => {
    const machine = await makeMachine(t, has);
    const { code, stderr } = await machine.run('run', ['file', 'x.mkv']);
    t.is(code, 1);
    const said = stderr.split('\n').filter((line) => line.includes('ffmpeg'));
    t.is(said.length, 1);
    t.regex(said[0] ?? '', /apt-get install -y ffmpeg.*brew install ffmpeg.*FFMPEG_PATH/);
  });
}

posix('doctor runs without ffmpeg, because it reports that ffmpeg is missing', async (t) => {
  const machine = await makeMachine(t, ['npm']);
  t.is((await machine.run('run', ['doctor'])).code, 7);
});

posix('the help lists the commands of the script below those of the program', async (t) => {
  const machine = await makeMachine(t, complete);
  for (const args of [['--help'], ['-h'], ['help'], []]) {
    const { code, stdout } = await machine.run('run', args);
    t.is(code, 7);
    t.true(stdout.startsWith(JSON.stringify(args)), 'the help of the program comes first');
    for (const command of ['demo', 'test', 'check', 'tensorflow'])
      t.regex(stdout, new RegExp(`^  ${command} `, 'm'));
  }
  const { stdout } = await machine.run('run', ['help', 'file']);
  t.notRegex(stdout, /demo/);
});

posix('each command of the script explains itself and does nothing else', async (t) => {
  const machine = await makeMachine(t, complete);
  for (const command of ['demo', 'test', 'check', 'tensorflow']) {
    for (const args of [
      [command, '--help'],
      [command, '-h'],
      ['help', command],
    ]) {
      const { code, stdout } = await machine.run('run', args);
      t.is(code, 0);
      t.regex(stdout, new RegExp(`^Usage: \\./run ${command}`));
    }
  }
  t.deepEqual(await machine.npmCalls(), []);
});

posix(
  "tensorflow runs the installer in the caller's folder, with the wheel that the caller names",
  async (t) => {
    const machine = await makeMachine(t, complete);
    await mkdir(join(machine.folder, 'scripts'));
    await machine.put('scripts/install-tensorflow.sh', '#!/bin/sh\necho "$PWD: $*"; exit 3\n');
    const { code, stdout } = await machine.run('run', ['tensorflow', 'a b.whl']);
    t.is(code, 3);
    t.is(stdout, `${join(machine.folder, 'elsewhere')}: a b.whl\n`);
  },
);

posix('an old Node is refused in one line before anything is installed', async (t) => {
  const machine = await makeMachine(t, ['npm', 'node']);
  const { code, stderr } = await machine.run('run', ['demo']);
  t.is(code, 1);
  t.is(
    stderr,
    'run: Node v18.20.4 is too old: install Node 20.19, 22.13 or 24 and newer, from https://nodejs.org\n',
  );
  t.deepEqual(await machine.npmCalls(), []);
});

const tap = (...lines: string[]): string => ['TAP version 13', ...lines, ''].join('\n');

for (const [title, files, env, expected] of [
  [
    'tests that pass',
    { 'ava.out': tap('ok 1 - a', 'ok 2 - b # SKIP', 'not ok 3 - c # TODO', 'ok 4 - d') },
    {},
    '5 passed, 0 failed, 2 skipped',
  ],
  [
    'a failed test',
    { 'ava.out': tap('ok 1 - a', 'not ok 2 - b'), 'ava.code': '1' },
    {},
    '4 passed, 1 failed',
  ],
  [
    'a crash that ava has no line for',
    { 'ava.out': tap('ok 1 - a'), 'ava.code': '1' },
    {},
    '4 passed, 1 failed',
  ],
  ['a failed lint', { 'ava.out': tap('ok 1 - a') }, { LINT_CODE: '1' }, '3 passed, 1 failed'],
  ['a failed format check', { 'ava.out': tap('ok 1 - a'), 'prettier.code': '1' }, {}, '3 passed, 1 failed'],
  ['no test at all', { 'ava.out': tap() }, {}, '3 passed, 1 failed'],
  ['an install that failed', {}, { NPM_FAILS: 'yes' }, '0 passed, 1 failed'],
] as const) {
  posix(`the build server's script ends with the count and a fitting exit code after ${title}`, async (t) => {
    const machine = await makeMachine(t, complete);
    for (const [name, text] of Object.entries(files)) await machine.put(name, text);
    const { code, stdout } = await machine.run('.ci/run', [], env);
    t.is(stdout.trimEnd().split('\n').at(-1), expected);
    t.is(code, expected.includes(' 0 failed') ? 0 : 1);
  });
}
