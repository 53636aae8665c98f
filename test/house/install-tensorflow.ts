import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const machine = arch() === 'arm64' ? 'aarch64' : 'x86_64';
const found = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

/** The real Python. `python3` may be a script that needs more programs than a case has. */
function findPython(): string | undefined {
  if (found('python3') === undefined) return undefined;
  return execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
}

const python = findPython();
const hasGlibc = process.platform === 'linux' && found('getconf') !== undefined;
const linux = hasGlibc && python !== undefined ? test : test.skip;
const skipped = linux === test ? '' : ' (skipped: this machine lacks Linux, the GNU C library or Python)';

/** The real system programs that the script calls. Each case writes the others. */
const tools = 'awk bash basename cat cp df dirname getconf ln mkdir mktemp mv readlink rm tail uname'.split(
  ' ',
);

/** Replaces pip with one that cannot reach its index. All other calls go to the real Python. */
const offlinePython = `#!/bin/sh
case "$*" in *'pip download'*) echo 'ERROR: no index' >&2; exit 1 ;; esac
exec "$REAL_PYTHON" "$@"
`;

/** Replaces npm and the build, which fails in a path with a space, as node-gyp does. */
const fakeNpm = `#!/bin/sh
echo "npm $*" >> "$ROOT/calls.log"
bridge=$ROOT/node_modules/@tensorflow/tfjs-node
mkdir -p "$bridge/node_modules/.bin" "$bridge/binding"
echo source > "$bridge/binding/tfjs_backend.cc"
cp "$ROOT/fake-build" "$bridge/node_modules/.bin/node-pre-gyp"
`;
const fakeBuild = `#!/bin/sh
echo "node-pre-gyp $*" >> "$ROOT/calls.log"
case $PWD in *' '*) echo 'make: no rule for a path with a space'; exit 1 ;; esac
[ -f binding/tfjs_backend.cc ] && [ -f deps/lib/libtensorflow.so ] || exit 1
mkdir -p lib/napi-v8 && echo built > lib/napi-v8/tfjs_binding.node
`;

interface Machine {
  readonly folder: string;
  readonly install: (...args: string[]) => Promise<{ code: number; stdout: string; stderr: string }>;
}

/** A checkout with installed packages, on a machine with a compiler. A case may replace parts of it. */
async function makeMachine(
  t: ExecutionContext,
  programs: Record<string, string | null> = {},
  name = '',
): Promise<Machine> {
  const folder = join(await tempFolder(t), name);
  for (const part of ['bin', 'scripts', 'node_modules', 'dist/scripts'])
    await mkdir(join(folder, part), { recursive: true });
  const script = join(folder, 'scripts/install-tensorflow.sh');
  await copyFile(join(root, 'scripts/install-tensorflow.sh'), script);
  await writeFile(join(folder, 'node_modules/.package-lock.json'), '{}');
  await writeFile(join(folder, 'dist/scripts/check-tensorflow.js'), 'console.log("tried", process.argv[2])');
  await writeFile(join(folder, 'fake-build'), fakeBuild, { mode: 0o755 });
  for (const name of tools) {
    const path = found(name);
    if (path !== undefined && programs[name] === undefined) await symlink(path, join(folder, 'bin', name));
  }
  await symlink(process.execPath, join(folder, 'bin/node'));
  const written: Record<string, string | null> = {
    npm: fakeNpm,
    make: '#!/bin/sh\n',
    'g++': '#!/bin/sh\n',
    python3: '#!/bin/sh\nexec "$REAL_PYTHON" "$@"\n',
    ...programs,
  };
  for (const [name, text] of Object.entries(written)) {
    if (text === null) continue;
    await writeFile(join(folder, 'bin', name), text.replaceAll('\\n', '\n'));
    await chmod(join(folder, 'bin', name), 0o755);
  }
  const env = { PATH: join(folder, 'bin'), ROOT: folder, REAL_PYTHON: python ?? '' };
  return {
    folder,
    install: (...args) =>
      new Promise((resolve) => {
        execFile(script, args, { cwd: folder, env }, (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
        );
      }),
  };
}

/** A wheel with the parts of TensorFlow that the script reads. */
async function makeWheel(folder: string, tag: string, files: readonly string[]): Promise<string> {
  const code = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("tensorflow_cpu-2.21.0.dist-info/METADATA", "Name: tensorflow_cpu\\nVersion: 2.21.0\\n")
    wheel.writestr("tensorflow_cpu-2.21.0.dist-info/WHEEL", "Tag: " + sys.argv[2] + "\\n")
    for name in sys.argv[3:]:
        wheel.writestr(name, "content of " + name)
`;
  const path = join(folder, 'tensorflow.whl');
  await promisify(execFile)('python3', ['-c', code, path, tag, ...files]);
  return path;
}

const libraries = ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'];

linux(`a checkout in a path with a space can be built${skipped}`, async (t) => {
  const { folder, install } = await makeMachine(t, {}, 'my films');
  const wheel = await makeWheel(folder, `cp311-cp311-manylinux_2_27_${machine}`, [
    ...libraries,
    'tensorflow/include/tensorflow/c/c_api.h',
  ]);
  const { code, stdout, stderr } = await install(wheel);
  t.is(code, 0, stderr);
  t.is(stdout, 'tried native\n');
  const built = join(folder, 'node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node');
  t.is(await readFile(built, 'utf8'), 'built\n');
});

linux(
  `the library and the C headers of a wheel are installed, built with and tested${skipped}`,
  async (t) => {
    const { folder, install } = await makeMachine(t);
    const wheel = await makeWheel(folder, `cp311-cp311-manylinux_2_27_${machine}`, [
      ...libraries,
      'tensorflow/include/tensorflow/c/c_api.h',
      'tensorflow/include/xla/tsl/c/tsl_status.h',
      'tensorflow/include/Eigen/Core.h',
      'tensorflow/python/large.py',
    ]);
    for (let time = 0; time < 2; time++) {
      const { code, stdout, stderr } = await install(wheel);
      t.is(code, 0, stderr);
      t.is(stdout, 'tried native\n');
    }
    const calls = (await readFile(join(folder, 'calls.log'), 'utf8')).split('\n');
    t.regex(calls[0] ?? '', /^npm install --no-save --ignore-scripts .*@tensorflow\/tfjs-node@4/);
    t.regex(calls[1] ?? '', /^node-pre-gyp install --build-from-source/);
    const deps = join(folder, 'node_modules/@tensorflow/tfjs-node/deps');
    for (const name of [
      'libtensorflow.so',
      'libtensorflow.so.2',
      'libtensorflow.so.2.9.1',
      'libtensorflow_cc.so.2',
    ])
      t.is(await readFile(join(deps, 'lib', name), 'utf8'), 'content of tensorflow/libtensorflow_cc.so.2');
    t.true(existsSync(join(deps, 'lib/libtensorflow_framework.so')));
    t.true(existsSync(join(deps, 'include/tensorflow/c/c_api.h')));
    t.true(existsSync(join(deps, 'include/xla/tsl/c/tsl_status.h')));
    t.false(existsSync(join(deps, 'include/Eigen')));
  },
);

linux(
  `without the package index it says what to fetch elsewhere, and how to pass it${skipped}`,
  async (t) => {
    const { install } = await makeMachine(t, { python3: offlinePython });
    const { code, stderr } = await install();
    t.is(code, 1);
    t.regex(stderr, /python3 -m pip download tensorflow\S*==2\.21\.0 --no-deps .*--platform manylinux_2_27_/);
    t.regex(stderr, /\n +\.\/run tensorflow FILE\.whl\n$/);
  },
);

linux(`a file that is not a TensorFlow wheel for this machine is refused${skipped}`, async (t) => {
  const { folder, install } = await makeMachine(t);
  t.regex((await install('none.whl')).stderr, /^tensorflow: no such file: none\.whl$/m);
  t.regex((await install('bin/npm')).stderr, /bin\/npm: File is not a zip file/);
  const other = await makeWheel(folder, 'cp311-cp311-manylinux_2_27_riscv64', libraries);
  t.regex((await install(other)).stderr, /expected a wheel for \S+ but got one for unknown/);
  const empty = await makeWheel(folder, `cp311-cp311-manylinux_2_27_${machine}`, libraries.slice(1));
  t.regex(
    (await install(empty)).stderr,
    /expected a wheel of TensorFlow 2 for Linux but got one without tensorflow\/lib/,
  );
});

for (const [title, programs, expected] of [
  [
    'without a compiler',
    { 'g++': null, make: null },
    /^tensorflow: missing: make g\+\+ \(Debian, Ubuntu: apt-get install/,
  ],
  ['on macOS', { uname: '#!/bin/sh\necho Darwin\n' }, /^tensorflow: expected Linux but got Darwin/],
  ['on Alpine', { getconf: '#!/bin/sh\nexit 1\n' }, /^tensorflow: expected the GNU C library/],
] as const)
  linux(`${title} nothing starts, and one line says why${skipped}`, async (t) => {
    const { folder, install } = await makeMachine(t, programs);
    const { code, stderr } = await install(join(folder, 'any.whl'));
    t.is(code, 1);
    t.regex(stderr, expected);
    t.is(stderr.trimEnd().split('\n').length, 1);
    t.false(existsSync(join(folder, 'calls.log')));
  });
