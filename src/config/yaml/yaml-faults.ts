import type { YAMLError } from 'yaml';

/** Our words for yaml's errors: its own quote the file, and the file holds credentials. */
const texts: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_ALIAS: 'an alias (*name) needs a name',
  BAD_DQ_ESCAPE: 'an unknown escape in double quotes; write \\\\ for \\, or use single quotes',
  BAD_INDENT: 'the indentation fits nothing above',
  BAD_SCALAR_START: 'a value that begins with this character must stand in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " in one line; put the value in quotes',
  BLOCK_IN_FLOW: 'lines in block style may not stand inside { } or [ ]',
  MISSING_CHAR: 'a quote, bracket, comma, colon or space is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line; is a ":" missing before?',
  MULTIPLE_DOCS: 'a second document begins ("---"); expected one',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  TAG_RESOLVE_FAILED: 'tags (!name) mean nothing here',
};

/**
 * Says what is wrong with a text that is no YAML.
 * @param text - the whole file, for a hint only; nothing of it is repeated
 */
export function explainYamlError(error: YAMLError, text: string): string {
  const lineStart = text.lastIndexOf('\n', error.pos[0] - 1) + 1;
  const hasVariable = /[{[,].*\$\{/.test(text.slice(lineStart, error.pos[0] + 1));
  const hint = hasVariable ? '; inside { } and [ ] a ${NAME} must stand in quotes' : '';
  return `not YAML: ${texts[error.code] ?? 'this is not expected here'}${hint}`;
}
