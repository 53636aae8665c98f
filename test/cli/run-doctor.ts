import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Check } from '../../src/cli/checks/check.ts';
import { checkFfmpeg } from '../../src/cli/checks/ffmpeg.ts';
import { checkNode } from '../../src/cli/checks/node.ts';
import { isVersionIn } from '../../src/node-version.ts';
import { checkDisk, checkMemory } from '../../src/cli/checks/resources.ts';
import { describeBackend } from '../../src/cli/checks/tensorflow.ts';
import { examine } from '../../src/cli/run-doctor.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

const posix = process.platform === 'win32' ? test.skip : test;
const moduleUrl = (name: string): string => new URL(`../../src/cli/${name}`, import.meta.url).href;

/** Runs a line of script in a separate process, with another environment. */
function runWith(
  environment: Record<string, string>,
  script: string,
): Promise<{ exitCode: number; stdout: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment };
    const child = execFile(process.execPath, ['-e', script], { env }, (error, stdout) => {
      if (typeof child.exitCode === 'number') resolve({ exitCode: child.exitCode, stdout });
      else reject(error ?? new Error('no exit code'));
    });
  });
}

/** Runs the whole doctor, or only its checks of ffmpeg, and prints what it finds as JSON or as text. */
function runDoctorWith(
  environment: Record<string, string>,
  options: { json?: boolean },
  part: 'all' | 'ffmpeg' = 'all',
): ReturnType<typeof runWith> {
  const modules = [moduleUrl('run-doctor.js'), moduleUrl('checks/ffmpeg.js')];
  return runWith(
    environment,
    `Promise.all(${JSON.stringify(modules)}.map((url) => import(url))).then(async ([doctor, ffmpeg]) => {
      const { signal } = new AbortController();
      const check = ${part === 'all' ? 'undefined' : 'ffmpeg.checkFfmpeg'};
      process.exitCode = await doctor.runDoctor(${JSON.stringify(options)}, { signal, streams: process }, check);
    })`,
  );
}

/** A script that answers like ffmpeg. */
async function writeFfmpeg(t: ExecutionContext, name: string, answers: string): Promise<string> {
  const path = join(await tempFolder(t), name);
  await writeFile(path, `#!/bin/sh\ncase "$*" in\n${answers}\nesac\n`);
  await chmod(path, 0o755);
  return path;
}

posix(
  'a machine that can run the tests passes, runs a real inference, and learns what it lacks',
  async (t) => {
    const failed = (await checkFfmpeg()).filter(({ level }) => level === 'fail');
    t.deepEqual(failed, [], 'the ffmpeg of this machine');
    const poor = await writeFfmpeg(
      t,
      'ffmpeg-poor',
      `*-encoders*) echo 'ffmpeg version n6.1 Copyright (c) 2000-2023' >&2
printf ' V....D libx264              H.264 (codec h264)\\n V....D ffv1                 FFV1\\n' ;;`,
    );
    const { exitCode, stdout } = await runDoctorWith({ FFMPEG_PATH: poor }, {});
    t.is(exitCode, 0, stdout);
    t.notRegex(stdout, /^fail/m);
    t.regex(stdout, /^ok +device cpu +[1-9]\d* ms a picture of 256 x 144$/m);
    for (const what of [
      ...[
        'node',
        'ffmpeg',
        'encoders',
        'ffprobe',
        'model efficientnet-lite',
        'model starter',
        'model trunk',
        'model inception-v3',
      ],
      ...['device webgpu', 'device cuda', 'device tensorrt', 'tensorflow', 'disk', 'memory'],
    ]) {
      t.regex(stdout, new RegExp(`^(ok|warn) +${what} +`, 'm'));
    }
    t.regex(stdout, /^warn +encoders +libx265, libvpx-vp9, prores_ks missing/m);
    const lines = stdout.split('\n');
    for (const [i, line] of lines.entries()) {
      if (!/^(ok|warn) /.test(line)) continue;
      t.is(/^ {6}what to do: /.test(lines[i + 1] ?? ''), line.startsWith('warn'), line);
    }
  },
);

test('a missing ffmpeg and ffprobe are faults with a cure, and the exit code is 1', async (t) => {
  const nowhere = { FFMPEG_PATH: '/nowhere/ffmpeg', FFPROBE_PATH: '/nowhere/ffprobe' };
  const { exitCode, stdout } = await runDoctorWith(nowhere, { json: true }, 'ffmpeg');
  t.is(exitCode, 1);
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
  t.false(ok);
  const faults = checks.filter(({ level }) => level === 'fail');
  t.deepEqual(
    faults.map(({ what }) => what),
    ['ffmpeg', 'ffprobe'],
  );
  for (const { detail, cure } of faults) {
    t.regex(detail, /\/nowhere\/ff/);
    t.regex(cure ?? '', /apt-get install ffmpeg/);
  }
});

posix('an ffmpeg that is too old is a fault', async (t) => {
  const old = await writeFfmpeg(
    t,
    'ffmpeg-old',
    `*) line="ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright (c) 2000-2021"; echo "$line"; echo "$line" >&2 ;;`,
  );
  const { stdout } = await runWith(
    { FFMPEG_PATH: old, FFPROBE_PATH: old },
    `import(${JSON.stringify(moduleUrl('checks/ffmpeg.js'))}).then(async (m) => {
      console.log(JSON.stringify(await m.checkFfmpeg()));
    })`,
  );
  const checks = JSON.parse(stdout) as Check[];
  const [ffmpeg, ffprobe] = ['ffmpeg', 'ffprobe'].map((name) => checks.find(({ what }) => what === name));
  t.is(ffmpeg?.level, 'fail');
  t.regex(ffmpeg?.detail ?? '', /expected ffmpeg 5\.1 or newer but got 4\.4\.2-0ubuntu0\.22\.04\.1/);
  t.regex(ffmpeg?.cure ?? '', /./);
  t.is(ffprobe?.level, 'fail');
});

test('an aborted doctor stops with the reason', async (t) => {
  const reason = new Error('stopped');
  await t.throwsAsync(examine(AbortSignal.abort(reason)), { is: reason });
});

test('versions of Node are compared with the range in package.json', async (t) => {
  const range = '^20.19.0 || ^22.13.0 || >=24';
  const cases: [string, boolean][] = [
    ['v18.20.4', false],
    ['v20.18.3', false],
    ['v20.19.0', true],
    ['v20.20.2', true],
    ['v21.7.3', false],
    ['v22.12.0', false],
    ['v22.13.1', true],
    ['v23.11.0', false],
    ['v24.0.0', true],
    ['v26.1.0', true],
  ];
  for (const [version, expected] of cases) t.is(isVersionIn(version, range), expected, version);
  t.throws(() => isVersionIn('v20.0.0', '~20'), { instanceOf: TypeError });
  t.is((await checkNode('v18.20.4')).level, 'fail');
  t.is((await checkNode()).level, 'ok');
});

test('a missing folder is a fault, little memory is a warning', async (t) => {
  t.is((await checkDisk('/nowhere/at/all')).level, 'fail');
  t.is(checkMemory(5e8).level, 'warn');
  t.is(checkMemory(8e9).level, 'ok');
});

test('WebAssembly in place of TensorFlow is a warning with the reasons and a cure', (t) => {
  const why = ['@tensorflow/tfjs-node-gpu is not installed', '@tensorflow/tfjs-node is not installed'];
  const wasm = describeBackend({ name: 'wasm', engine: 'TensorFlow.js 4.22.0 (WebAssembly)', why });
  t.is(wasm.level, 'warn');
  t.is(wasm.detail, `wasm: TensorFlow.js 4.22.0 (WebAssembly); ${why[0] ?? ''}; ${why[1] ?? ''}`);
  t.regex(wasm.cure ?? '', /\.\/run tensorflow/);
  const native = describeBackend({ name: 'native', engine: 'TensorFlow 2.21.0', why: why.slice(0, 1) });
  t.deepEqual(native, {
    level: 'ok',
    what: 'tensorflow',
    detail: `native: TensorFlow 2.21.0; ${why[0] ?? ''}`,
  });
});
