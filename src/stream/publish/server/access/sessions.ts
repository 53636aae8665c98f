import { createHash, randomBytes } from 'node:crypto';
import type { UserConfig } from '../../../../config/schema.ts';

const dayMs = 86_400_000;
/** A session ends this long after the login, used or not. */
export const sessionLifeMs = 30 * dayMs;
const idleMs = 7 * dayMs;
/** The most sessions a user may have; one more ends the oldest. */
const perUser = 20;

interface Session {
  readonly user: UserConfig;
  readonly endsMs: number;
  usedMs: number;
}

/** Users who are logged in by cookie. Kept in memory: a restart ends all sessions. `perUser` bounds their number. */
export class Sessions {
  /** Keyed by the digest of the secret, so that the time of a lookup reveals nothing about a guess. */
  private readonly sessions = new Map<string, Session>();
  private readonly nowMs: () => number;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  get size(): number {
    return this.sessions.size;
  }

  /** @returns the secret for the cookie: 43 characters, 256 random bits */
  start(user: UserConfig): string {
    const own = [...this.sessions].filter(([, session]) => session.user.name === user.name);
    for (const [key] of own.slice(0, Math.max(own.length - perUser + 1, 0))) this.sessions.delete(key);
    const secret = randomBytes(32).toString('base64url');
    const now = this.nowMs();
    this.sessions.set(keyOf(secret), { user, endsMs: now + sessionLifeMs, usedMs: now });
    return secret;
  }

  /** The user of a session that has not ended. Counts as use. */
  use(secret: string): UserConfig | undefined {
    if (!this.has(secret)) return undefined;
    const session = this.sessions.get(keyOf(secret));
    if (session !== undefined) session.usedMs = this.nowMs();
    return session?.user;
  }

  has(secret: string): boolean {
    const key = keyOf(secret);
    const session = this.sessions.get(key);
    if (session === undefined) return false;
    const now = this.nowMs();
    if (now < session.endsMs && now < session.usedMs + idleMs) return true;
    this.sessions.delete(key);
    return false;
  }

  end(secret: string): void {
    this.sessions.delete(keyOf(secret));
  }
}

function keyOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
