import { createHash } from 'node:crypto';

/**
 * What the config keeps of a token: `sha256:` and 64 hexadecimal digits of its UTF-8 bytes. No salt and no slow hash:
 * a token of `chromafeed token` has 256 random bits, which nobody guesses.
 */
export function hashToken(token: string): string {
  return `sha256:${createHash('sha256').update(token, 'utf8').digest('hex')}`;
}
