/**
 * Makes text from outside safe for a terminal. Control characters, line ends and invisible direction marks become
 * escapes such as `\x1b`, so that they can neither move the cursor nor start a line.
 */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
}
