import type { UserConfig } from '../../../config/schema.ts';
import { userOfToken } from '../server/access/credentials.ts';

/**
 * Whether a player may read a camera by RTSP: Basic authentication with a user's name and token, where there are users.
 * @param path - `/gate`
 */
export function isRtspAllowed(
  users: readonly UserConfig[],
  name: string,
  token: string,
  path: string,
): boolean {
  if (users.length === 0) return true;
  const user = userOfToken(users, token, name);
  if (!user) return false;
  const cameras: readonly string[] = user.cameras;
  return cameras.includes('*') || cameras.includes(path.replace(/^\//, ''));
}
