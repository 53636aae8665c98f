import { createHash } from 'node:crypto';

/**
 * The form in which a user's token stands in the config.
 * @param token - any text; its UTF-8 bytes are hashed
 * @returns `sha256:` and 64 lower-case hexadecimal digits
 */
export function hashToken(token: string): string {
  return `sha256:${createHash('sha256').update(token, 'utf8').digest('hex')}`;
}
