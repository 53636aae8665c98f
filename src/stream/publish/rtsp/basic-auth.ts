/** Who wants to watch what. User and password are empty if the client sent none. */
export interface RtspLogin {
  readonly user: string;
  readonly password: string;
  /** `/gate` */
  readonly path: string;
  readonly address: string;
  /** Whether the login already has a session, which is checked again because rights have changed. */
  readonly isOpen: boolean;
}

/** Whether the user may watch. `waitS`: the address sent too many wrong passwords and must wait, seconds. */
export type LoginAnswer = boolean | { readonly waitS: number };

/** Decides who may watch a path. */
export type Authenticate = (login: RtspLogin) => LoginAnswer | Promise<LoginAnswer>;

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
