import type { Config } from '../../../../config/schema.ts';
import type { Identity } from './sessions.ts';

/**
 * Who sends a request: proved by a header, a session cookie or the signature of another machine (`peer`), or anybody if no
 * users are configured.
 */
export interface Principal {
  readonly by: 'open' | 'header' | 'session' | 'peer';
  /** Undefined if `by` is `open` or `peer`. */
  readonly user: Identity | undefined;
  /** False once the session has ended. Each call counts as use of the session. */
  readonly isAlive: () => boolean;
  /** The only camera that another machine relays over this connection; undefined: all, or `by` is not `peer`. */
  readonly onlyCamera?: string | undefined;
}

/** What a principal may do under the current config. */
export interface Grant {
  readonly user: string | undefined;
  /** May change cameras. */
  readonly isAdmin: boolean;
  readonly mayReadMetrics: boolean;
  readonly maySee: (camera: string) => boolean;
}

/** Without users everybody on this machine may watch, and nobody may change anything. */
const readOnly: Grant = { user: undefined, isAdmin: false, mayReadMetrics: true, maySee: () => true };

/** The principal if no users are configured. */
export const anybody: Principal = { by: 'open', user: undefined, isAlive: () => true };

/**
 * Looks a principal up among the current users, so that a config change takes effect immediately.
 * @returns undefined if it no longer has any rights: the session ended, the user is gone, or the token changed
 */
export function grantOf(users: Config['server']['users'], principal: Principal): Grant | undefined {
  if (principal.by === 'peer') return peerGrant(principal.onlyCamera);
  if (users.length === 0) return readOnly;
  const { user } = principal;
  if (user === undefined || !principal.isAlive()) return undefined;
  const now = users.find(({ name, tokenHash }) => name === user.name && tokenHash === user.tokenHash);
  if (now === undefined) return undefined;
  const cameras = new Set<string>(now.cameras);
  const maySee = (camera: string): boolean => cameras.has('*') || cameras.has(camera);
  return { user: now.name, isAdmin: now.admin, mayReadMetrics: now.admin, maySee };
}

/** Another machine checks the rights of its viewers itself. */
function peerGrant(only: string | undefined): Grant {
  const maySee = (camera: string): boolean => only === undefined || camera === only;
  return { user: undefined, isAdmin: false, mayReadMetrics: false, maySee };
}
