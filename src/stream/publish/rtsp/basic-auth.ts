/** Decides who may watch a path (`/gate`). User and password are empty if the client sent none. */
export type Authenticate = (user: string, password: string, path: string) => boolean | Promise<boolean>;

/**
 * Parses an Authorization header.
 * @returns undefined if the scheme is not Basic or the header is malformed
 * @see RFC 7617
 */
export function parseBasic(header: string | undefined): { user: string; password: string } | undefined {
  const token = /^basic +([A-Za-z0-9+/=_-]{1,4096}) *$/i.exec(header ?? '')?.[1];
  if (token === undefined) return undefined;
  const text = Buffer.from(token, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
