import type { YAMLError } from 'yaml';

/** Our own texts for yaml's errors, because its texts quote the file, which contains credentials. */
const texts: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_ALIAS: 'an alias (*name) needs a name',
  BAD_DQ_ESCAPE: 'an unknown escape in double quotes; write \\\\ for \\, or use single quotes',
  BAD_INDENT: 'the indentation matches no line above',
  BAD_SCALAR_START: 'a value that starts with this character must be in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " in one line; put the value in quotes',
  BLOCK_IN_FLOW: 'lines in block style are not allowed inside { } or [ ]',
  MISSING_CHAR: 'a quote, bracket, comma, colon or space is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line; is a ":" missing before?',
  MULTIPLE_DOCS: 'a second document begins ("---"); expected one',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  TAG_RESOLVE_FAILED: 'tags (!name) are not supported',
};

/**
 * Says what is wrong with a text that is not YAML.
 * @param text - the whole file, used only for a hint; none of it is repeated
 */
export function explainYamlError(error: YAMLError, text: string): string {
  const lineStart = text.lastIndexOf('\n', error.pos[0] - 1) + 1;
  const hasVariable = /[{[,].*\$\{/.test(text.slice(lineStart, error.pos[0] + 1));
  const hint = hasVariable ? '; inside { } and [ ] a ${NAME} must be in quotes' : '';
  return `not YAML: ${texts[error.code] ?? 'unexpected text'}${hint}`;
}
