import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { glob } from 'tinyglobby';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const pages = await glob(['*.md', '{docs,config,samples,models}/**/*.md'], {
  cwd: root,
  ignore: ['CHANGELOG.md'],
});
const sources = await glob(['{src,test,bench,scripts,docs}/**/*.{ts,mjs,py,sh}'], { cwd: root });
const names = new Set(sources.map((path) => basename(path)));

const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

/** The parts of a page between backticks, inline and fenced, without marks such as the `-` of list items. */
function codeOf(page: string): string[] {
  const fenced = [...page.matchAll(/^```[^\n]*\n(.*?)^```/gms)].flatMap(([, code = '']) => code.split(/\s+/));
  const inline = [...page.replaceAll(/^```.*?^```/gms, '').matchAll(/`([^`\n]+)`/g)];
  return [...fenced, ...inline.flatMap(([, code = '']) => code.split(/\s+/))];
}

/** Expands `a/{b,c}.ts` to `a/b.ts` and `a/c.ts`. */
function withoutBraces(path: string): string[] {
  const [, before = '', choices, after = ''] = /^(.*?)\{([^}]*)\}(.*)$/.exec(path) ?? [];
  if (choices === undefined) return [path];
  return choices.split(',').flatMap((choice) => withoutBraces(before + choice + after));
}

/** Whether a word of a page is the name of a file or folder in this repository. */
function isOurPath(word: string): boolean {
  if (/[*<>$…:]|[A-Z]{3,}/.test(word.replace(/README|CONTRIBUTING|LICENSE|SECURITY|CHANGELOG/, '')))
    return false;
  return (
    /^(src|test|bench|scripts|docker|dist\/(bench|scripts))\/[\w]/.test(word) || /^[\w./-]+\.ts$/.test(word)
  );
}

/** A compiled file counts as its source, a short path is below src, and a bare name is the name of any source file. */
function exists(path: string): boolean {
  const source = path.startsWith('dist/') ? path.slice(5).replace(/\.js$/, '.ts') : path;
  if (!source.includes('/')) return names.has(source);
  return existsSync(join(root, source)) || existsSync(join(root, 'src', source));
}

/** Names in the style rules that are not files. */
const examples = new Set(['utils.ts', 'kebab-case.ts']);

test('the docs name only files that exist', async (t) => {
  t.true(pages.length > 20);
  const missing: string[] = [];
  for (const page of pages) {
    const words = codeOf(await read(page)).map((word) => word.replace(/[),;.]+$/, ''));
    const paths = words.flatMap(withoutBraces).filter((word) => isOurPath(word) && !examples.has(word));
    missing.push(...paths.filter((path) => !exists(path)).map((path) => `${page}: ${path}`));
  }
  t.deepEqual(missing, []);
});

/** The anchors of a page's headings on GitHub. */
function anchorsOf(page: string): Set<string> {
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase());
  return new Set(
    headings.map((heading) => heading.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')),
  );
}

test('the links between the docs lead to files and headings that exist', async (t) => {
  for (const page of pages) {
    const text = (await read(page)).replaceAll(/^```.*?^```/gms, '');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(root, page) : resolve(root, dirname(page), path);
      t.true(existsSync(file), `${page}: ${target}`);
      if (anchor !== undefined)
        t.true(anchorsOf(await readFile(file, 'utf8')).has(anchor), `${page}: ${target}`);
    }
  }
});

/** The rooms of `src` in the order of the table in CONTRIBUTING.md. */
async function roomsOfTheTable(): Promise<string[]> {
  const page = await read('CONTRIBUTING.md');
  return [...page.matchAll(/^\| `src\/(\w+)` +\|/gm)].map(([, room = '']) => room);
}

test('the table of folders in CONTRIBUTING.md lists every room, and none imports from one below it', async (t) => {
  const rooms = await roomsOfTheTable();
  const real = new Set(sources.flatMap((path) => /^src\/(\w+)\//.exec(path)?.[1] ?? []));
  t.deepEqual([...rooms].sort(), [...real].sort());
  for (const path of sources.filter((source) => /^src\/\w+\//.test(source))) {
    const room = path.split('/')[1] ?? '';
    for (const [, target = ''] of (await read(path)).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const [, other = ''] = /^src\/(\w+)\//.exec(normalize(join(dirname(path), target))) ?? [];
      t.true(other === '' || rooms.indexOf(other) <= rooms.indexOf(room), `${path} imports ${target}`);
    }
  }
});

test('the examples in README.md are the files of docs/examples, which are compiled and run', async (t) => {
  const files = await glob(['docs/examples/*.ts'], { cwd: root });
  const examples = await Promise.all(files.map(async (path) => (await read(path)).trim()));
  const shown = [...(await read('README.md')).matchAll(/^```ts\n(.*?)^```/gms)];
  t.true(shown.length > 0);
  for (const [, code = ''] of shown) t.true(examples.includes(code.trim()), code);
});
