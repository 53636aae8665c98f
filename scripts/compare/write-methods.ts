import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../src/files/replace-file.ts';

const begin = '<!-- npm run compare writes what follows -->';
const end = '<!-- npm run compare wrote what precedes -->';

/**
 * Puts a comparison into methods.md, in place of the one before.
 * @param dir - the folder of the docs
 * @throws {Error} if the page has no place for it
 */
export async function writeMethods(dir: string, lines: readonly string[]): Promise<void> {
  const path = join(dir, 'methods.md');
  const page = await readFile(path, 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path}: expected the lines "${begin}" and "${end}"`);
  const section = [begin, '', ...lines, '', end].join('\n');
  await replaceFile(path, page.slice(0, from) + section + page.slice(to + end.length));
}
