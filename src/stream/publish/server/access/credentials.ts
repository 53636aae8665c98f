import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { UserConfig } from '../../../../config/schema.ts';
import { hashToken } from '../../../../config/token-hash.ts';

/** The session's cookie. */
export const cookieName = 'chromafeed_session';

/** How a request proves who sends it. An Authorization header comes before a cookie. */
export type Credential =
  | { readonly kind: 'token'; readonly user: string | undefined; readonly token: string }
  /** The Authorization header cannot be parsed. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'cookie'; readonly secret: string };

export function credentialOf({ headers }: IncomingMessage): Credential | undefined {
  if (headers.authorization !== undefined) return credentialOfHeader(headers.authorization);
  const secret = cookieOf(headers.cookie ?? '');
  return secret === undefined ? undefined : { kind: 'cookie', secret };
}

/**
 * Finds the user who owns a token. It compares all users, in a time that does not depend on the token.
 * @param name - if present, the user's name must match too
 */
export function userOfToken(
  users: readonly UserConfig[],
  token: string,
  name: string | undefined,
): UserConfig | undefined {
  const digest = digestOf(hashToken(token));
  let found: UserConfig | undefined;
  for (const user of users) {
    const isEqual = timingSafeEqual(digest, digestOf(user.tokenHash));
    if (isEqual && (name === undefined || name === user.name)) found ??= user;
  }
  return found;
}

function credentialOfHeader(header: string): Credential {
  const [, scheme = '', value = ''] = /^(bearer|basic) +([\w.~+/=-]+)$/i.exec(header.trim()) ?? [];
  if (scheme.toLowerCase() === 'bearer') return { kind: 'token', user: undefined, token: value };
  const [, user, token] = /^([^:]*):(.+)$/s.exec(Buffer.from(value, 'base64').toString('utf8')) ?? [];
  return user === undefined || token === undefined ? { kind: 'unreadable' } : { kind: 'token', user, token };
}

function cookieOf(header: string): string | undefined {
  for (const pair of header.split(';')) {
    const [name = '', value = ''] = pair.trim().split('=');
    if (name === cookieName && value !== '') return value;
  }
  return undefined;
}

function digestOf(hash: string): Buffer {
  return Buffer.from(hash.slice(-64), 'hex');
}
