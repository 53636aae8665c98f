import { execFile } from 'node:child_process';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { colourfulPicture } from '../helpers/colourful-picture.ts';
import { compileStrict, resolutions } from '../helpers/compile-strict.ts';
import { installPackages } from '../helpers/installed-packages.ts';
import { runFfmpeg } from '../helpers/run-ffmpeg.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
const examples = (await readdir(join(root, 'docs/examples'))).filter((name) => name.endsWith('.ts')).sort();

/** Is set before the first test. */
let folder = '';
let packedBytes: ReadonlyMap<string, number> = new Map();
let packLog = '';
let missing: string | undefined;
let remove = (): Promise<void> => Promise.resolve();

/** A test that needs the installed packages. Without a registry it is skipped and says why. */
function withPackages(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  test.serial(title, async (t) => {
    if (missing === undefined) return body(t);
    t.log(`skipped: ${missing}`);
    t.pass();
  });
}

test.before(async (t) => {
  t.timeout(900_000, 'npm packs and installs');
  const installed = await installPackages();
  if ('missing' in installed) {
    missing = installed.missing;
    return;
  }
  ({ folder, packedBytes, packLog } = installed);
  remove = async () => installed[Symbol.asyncDispose]();
  for (const name of examples) await copyFile(join(root, 'docs/examples', name), join(folder, name));
  const size = { widthPx: 160, heightPx: 120 };
  const raw = { width: size.widthPx, height: size.heightPx, channels: 3 } as const;
  await sharp(colourfulPicture(size), { raw }).jpeg().toFile(join(folder, 'photo.jpg'));
  const sample = join(root, 'samples/his_girl_friday.mp4');
  await runFfmpeg(['-i', sample, '-frames:v', '12', '-vf', 'scale=160:120', join(folder, 'film.mp4')]);
});

test.after.always(() => remove());

for (const name of examples)
  test(`docs/library.md shows ${name} as it is`, async (t) => {
    const code = (await readFile(join(root, 'docs/examples', name), 'utf8')).trimEnd();
    const page = await readFile(join(root, 'docs/library.md'), 'utf8');
    t.true(page.includes(`\`\`\`ts\n${code}\n\`\`\`\n`), `copy docs/examples/${name} into docs/library.md`);
  });

withPackages('npm pack builds first, and what a user of file needs is under 40 MB', async (t) => {
  t.regex(packLog, /^> chromafeed@\S+ prepack$/m);
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const needed = [
    'chromafeed',
    ...Object.keys(dependencies).filter((name) => name.startsWith('@chromafeed/')),
  ];
  const bytes = needed.map((name) => packedBytes.get(name) ?? Number.NaN);
  const sum = bytes.reduce((total, size) => total + size, 0);
  t.log(needed.map((name, i) => `${name} ${((bytes[i] ?? 0) / 1e6).toFixed(1)} MB`).join(', '));
  t.true(sum > 1e6 && sum < 40e6, `${sum} bytes`);
});

for (const [name, resolution] of Object.entries(resolutions))
  withPackages(`every example and README's compile in strict mode with ${name} resolution`, async (t) => {
    const readme = [...(await readFile(join(root, 'README.md'), 'utf8')).matchAll(/^```ts\n(.*?)^```$/gms)];
    t.true(readme.length > 0);
    for (const [i, [, code = '']] of readme.entries()) await writeFile(join(folder, `readme-${i}.ts`), code);
    const files = [...examples, ...readme.map((_, i) => `readme-${i}.ts`)].map((file) => join(folder, file));
    // Our declarations are checked, those of other packages are not.
    const isChecked = (file: string): boolean =>
      files.includes(file) || file.includes('/node_modules/chromafeed/');
    t.deepEqual(compileStrict(files, resolution, isChecked), []);
  });

/** The examples that end by themselves, with their arguments, in the order of their runs. */
const commands = {
  film: ['film.mp4', 'colour.mkv'],
  many: ['film.mp4', 'colour.mkv'],
  'film-in-parts': ['film.mp4', 'joined.mkv'],
  image: ['photo.jpg', 'colour.jpg'],
  frames: ['film.mp4'],
  evaluate: ['photo.jpg'],
} as const;

/** Imports them one after the other, each with its own arguments. */
const importAll = `
  for (const [name, args] of JSON.parse(process.argv[1])) {
    process.argv = [process.execPath, name, ...args];
    console.log('example ' + name);
    await import('./' + name + '.js');
  }`;

let outputs: Promise<ReadonlyMap<string, string>> | undefined;

/** What a compiled example prints in the folder where the packages are installed. One process runs all, which saves starts. */
async function runExample(name: keyof typeof commands): Promise<string> {
  outputs ??= runExamples();
  return (await outputs).get(name) ?? '';
}

async function runExamples(): Promise<ReadonlyMap<string, string>> {
  const list = JSON.stringify(Object.entries(commands));
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', importAll, list], {
    cwd: folder,
  });
  const printed = stdout.split(/^example (\S+)\n/m).slice(1);
  return new Map(printed.flatMap((text, i) => (i % 2 === 0 ? [[text, printed[i + 1] ?? ''] as const] : [])));
}

withPackages(
  'the installed program starts its bundle, with the network in a thread of its own',
  async (t) => {
    const env = { ...process.env, NODE_DEBUG: 'esm' };
    const program = join(folder, 'node_modules/.bin/chromafeed');
    const args = [program, 'file', 'film.mp4', '-o', 'plan.mkv', '--dry-run'];
    const { stderr } = await run(process.execPath, args, { cwd: folder, env, maxBuffer: 2 ** 26 });
    t.regex(stderr, /"event": "plan"/);
    t.regex(stderr, /chromafeed\/dist\/program\/run-program\.js/);
    t.regex(stderr, /chromafeed\/dist\/program\/engine-worker\.js/);
  },
);

withPackages('the example film.ts makes a film in colour', async (t) => {
  t.regex(await runExample('film'), /^12 frames, [\d.]+ a second\n$/);
});

withPackages('the example many.ts makes each film in colour with one network', async (t) => {
  t.is(await runExample('many'), 'film.mp4: 12 frames\ncolour.mkv: 12 frames\n');
});

withPackages('the example film-in-parts.ts makes a film in parts', async (t) => {
  t.is(await runExample('film-in-parts'), '12 frames in 1 parts\n');
});

withPackages('the example image.ts makes a picture in colour', async (t) => {
  t.regex(await runExample('image'), /^colour\.jpg: jpeg, \d+ bytes\n$/);
});

withPackages('the example frames.ts gives frames in order whose chroma is not neutral', async (t) => {
  const lines = (await runExample('frames')).trimEnd().split('\n');
  t.is(lines.length, 12);
  t.regex(lines[0] ?? '', /^frame 0, scene 0: mean Cb [\d.]+, mean Cr [\d.]+$/);
  const [, cb, cr] = /Cb ([\d.]+), mean Cr ([\d.]+)/.exec(lines[6] ?? '') ?? [];
  t.true(Math.abs(Number(cb) - 128) + Math.abs(Number(cr) - 128) > 3);
});

withPackages("the example evaluate.ts compares a photo's new colour with the truth", async (t) => {
  t.regex(await runExample('evaluate'), /^PSNR [\d.]+ dB, of the gray picture [\d.]+ dB\n$/);
});

withPackages('the example live.ts serves cameras until it is told to stop', async (t) => {
  const camera = `source: file:${join(folder, 'film.mp4')}`;
  await writeFile(join(folder, 'cameras.yaml'), `server: { port: 0 }\ncameras: { film: { ${camera} } }\n`);
  const child = execFile(process.execPath, ['live.js', 'cameras.yaml'], { cwd: folder });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const printed = await new Promise<string>((resolve) => child.stdout?.once('data', resolve));
  child.kill('SIGTERM');
  t.regex(printed, /^Chromafeed shows 1 camera in colour: http:\/\/127\.0\.0\.1:\d+\/$/m);
  t.is(await ended, 0);
});

withPackages('importing chromafeed loads no web server, no WebSocket and no trainer', async (t) => {
  const hook = `export async function load(url, context, next) { process._rawDebug(url); return next(url, context); }`;
  const script = `
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));
    await import('chromafeed');`;
  const { stderr } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
  const loaded = stderr.split('\n').filter((line) => line.startsWith('file:'));
  t.true(loaded.some((url) => url.endsWith('/chromafeed/dist/src/index.js')));
  const unwanted =
    /\/node_modules\/(express|ws|helmet|commander)\/|\/dist\/src\/(train|cli|config|stream\/(publish|serve|live))\//;
  t.deepEqual(
    loaded.filter((url) => unwanted.test(url)),
    [],
  );
});
