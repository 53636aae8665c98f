import { createHash, randomBytes } from 'node:crypto';
import type { UserConfig } from '../../../../config/schema.ts';

const dayMs = 86_400_000;
/** A session ends so long after the login, used or not. */
export const sessionLifeMs = 30 * dayMs;
const idleMs = 7 * dayMs;
/** A user's oldest session ends when there would be more. */
const perUser = 20;

interface Session {
  readonly user: UserConfig;
  readonly endsMs: number;
  usedMs: number;
}

/** Who is logged in by cookie; in memory, so that a restart ends all. Bounded by `perUser` and the number of users. */
export class Sessions {
  /** By the digest of the secret: finding one does not tell by its time how much of a guess was right. */
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

  /** The user of a session that is alive; counts as use. */
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
