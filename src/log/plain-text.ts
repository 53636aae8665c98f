/**
 * Makes text from outside safe for a terminal. Control characters, line ends and invisible direction marks become
 * escapes such as `\x1b`, so that they can neither move the cursor nor start a line.
 */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** As `plainText`, but the text keeps its own line ends. */
export function plainLines(text: string): string {
  return text.split('\n').map(plainText).join('\n');
}

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
}
