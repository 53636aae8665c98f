import type { Config, UserConfig } from '../../../../config/schema.ts';

/** Who asks, as proved once: by a header, by a session's cookie, or by nothing where nobody is configured. */
export interface Principal {
  readonly by: 'open' | 'header' | 'session';
  /** Undefined with `open`. */
  readonly user: UserConfig | undefined;
  /** False as soon as the session has ended; counts as its use. */
  readonly isAlive: () => boolean;
}

/** What a principal may do by the config of this moment. */
export interface Grant {
  readonly user: string | undefined;
  /** May change cameras. */
  readonly isAdmin: boolean;
  readonly mayReadMetrics: boolean;
  readonly maySee: (camera: string) => boolean;
}

/** Without users everybody on this machine may look, and nobody may change anything. */
const readOnly: Grant = { user: undefined, isAdmin: false, mayReadMetrics: true, maySee: () => true };

/** The principal where no users are configured. */
export const anybody: Principal = { by: 'open', user: undefined, isAlive: () => true };

/**
 * Looks a principal up in the users of this moment, so that a change of the config counts at once.
 * @returns undefined when it has no rights any more: session ended, user gone, or token changed
 */
export function grantOf(users: Config['server']['users'], principal: Principal): Grant | undefined {
  if (users.length === 0) return readOnly;
  const { user } = principal;
  if (user === undefined || !principal.isAlive()) return undefined;
  const now = users.find(({ name, tokenHash }) => name === user.name && tokenHash === user.tokenHash);
  if (now === undefined) return undefined;
  const cameras = new Set<string>(now.cameras);
  const maySee = (camera: string): boolean => cameras.has('*') || cameras.has(camera);
  return { user: now.name, isAdmin: now.admin, mayReadMetrics: now.admin, maySee };
}
