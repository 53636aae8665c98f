import type { UserConfig } from '../../../config/schema.ts';
import type { Logger } from '../../../log/log.ts';
import type { AddressCounter } from '../server/access/address-counter.ts';
import { noteAudit } from '../server/access/audit-trail.ts';
import { userOfToken } from '../server/access/credentials.ts';
import type { Authenticate, LoginAnswer, RtspLogin } from './basic-auth.ts';

export interface RtspAccessOptions {
  /** The current users. Empty: anybody may watch. */
  readonly users: () => readonly UserConfig[];
  /** Wrong tokens by address, shared with the HTTP server. */
  readonly wrongTokens: AddressCounter;
  readonly log: Pick<Logger, 'info'>;
}

/**
 * Decides who may watch a camera by RTSP: Basic authentication with a user's name and token. Wrong tokens are counted
 * and limited together with those of HTTP. Checking an open session again counts nothing.
 */
export function rtspAccess(options: RtspAccessOptions): Authenticate {
  return async (login) => {
    const users = options.users();
    if (users.length === 0) return true;
    const user = userOfToken(users, login.password, login.user);
    if (login.isOpen) return mayWatch(user, login.path);
    return await answerNew(options, login, user);
  };
}

async function answerNew(
  { wrongTokens, log }: RtspAccessOptions,
  { user: name, address, password, path }: RtspLogin,
  user: UserConfig | undefined,
): Promise<LoginAnswer> {
  const waitS = await wrongTokens.waitS(address);
  if (waitS > 0) return { waitS };
  if (user !== undefined) return mayWatch(user, path);
  // A request without a password asks for the challenge; it is no guess.
  if (password === '' && name === '') return false;
  await wrongTokens.count(address);
  noteAudit(log, 'wrong token', { address, user: name, by: 'rtsp' });
  return false;
}

function mayWatch(user: UserConfig | undefined, path: string): boolean {
  const cameras: readonly string[] = user?.cameras ?? [];
  return cameras.includes('*') || cameras.includes(path.replace(/^\//, ''));
}
