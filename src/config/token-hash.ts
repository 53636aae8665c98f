import { createHash } from 'node:crypto';

/**
 * Returns what the config stores of a token: `sha256:` and 64 hexadecimal digits of its UTF-8 bytes. Salt and a slow
 * hash are not needed, because a token of `chromafeed token` has 256 random bits.
 */
export function hashToken(token: string): string {
  return `sha256:${createHash('sha256').update(token, 'utf8').digest('hex')}`;
}
