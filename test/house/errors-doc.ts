import { readFile } from 'node:fs/promises';
import test from 'ava';
import { AppError, exitCodes, type ErrorCode } from '../../src/errors.ts';

const root = new URL('../../../', import.meta.url);

/** The codes, read from the type's source, because the compiled program contains no types. */
async function readCodes(): Promise<string[]> {
  const source = await readFile(new URL('src/errors.ts', root), 'utf8');
  const union = /export type ErrorCode =([^;]*);/.exec(source)?.[1] ?? '';
  return [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code = '']) => code);
}

test('every error code has its section, with its exit code, a cause and a cure', async (t) => {
  const codes = await readCodes();
  t.true(codes.length >= 14);
  const text = await readFile(new URL('docs/errors.md', root), 'utf8');
  const sections = text.split(/^### /m).slice(1);
  t.deepEqual(sections.map((section) => section.split('\n')[0]).sort(), [...codes].sort());
  for (const section of sections) {
    const code = section.split('\n')[0] ?? '';
    const { exitCode } = new AppError(code as ErrorCode, 'for its exit code');
    t.true(section.includes(`Exit code ${exitCode}.`), `${code}: Exit code ${exitCode}.`);
    t.regex(section, /\*\*Cause:\*\* \S/, code);
    t.regex(section, /\*\*Cure:\*\* \S/, code);
  }
});

test("the table of exit codes is the program's", async (t) => {
  const text = await readFile(new URL('docs/errors.md', root), 'utf8');
  const rows = [...text.matchAll(/^\| (\d+) +\| `(\w+)` +\| \S/gm)].map(([, code, name]) => [
    name,
    Number(code),
  ]);
  t.deepEqual(rows, Object.entries(exitCodes));
});
