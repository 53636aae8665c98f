import { createHash, randomBytes } from 'node:crypto';
import type { UserConfig } from '../../../../config/schema.ts';
import type { StoredSession } from './session-file.ts';

const dayMs = 86_400_000;
/** How long a session lasts after the login, and without use. */
export const sessionLife = { endsMs: 30 * dayMs, idleMs: 7 * dayMs } as const;
/** The same for a wall display, which nobody logs in again. */
export const kioskLife = { endsMs: 365 * dayMs, idleMs: 30 * dayMs } as const;
/** The most sessions a user may have; one more ends the oldest. */
const perUser = 20;
/** The time of use is stored at most this often. */
const storeUseMs = 60_000;

/** Who a session belongs to; the config has the rights. */
export type Identity = Pick<UserConfig, 'name' | 'tokenHash'>;

type Session = Omit<StoredSession, 'key'>;

export interface SessionsOptions {
  readonly nowMs: () => number;
  /** Sessions of the last run. */
  readonly stored?: readonly StoredSession[];
  /** Called when the sessions have changed and should be stored. */
  readonly onChange?: () => void;
  /** Sessions that other machines know too. Default: none. */
  readonly shared?: SharedSessions | undefined;
}

/** Sessions that several machines share. No call ever fails: without the others, a session is known to one machine. */
export interface SharedSessions {
  /** A session that any machine has started; undefined: there is none, or it cannot be found out now. */
  find(key: string): Promise<StoredSession | undefined>;
  keep(session: StoredSession): void;
  end(key: string): void;
  /** @param listener - is called when a user has signed out at another machine */
  onEnd(listener: (key: string) => void): void;
}

/** Users who are logged in by cookie. `perUser` and the number of users bound them. */
export class Sessions {
  /** Keyed by the digest of the secret, so that the time of a lookup reveals nothing about a guess. */
  private readonly sessions: Map<string, Session>;
  private readonly nowMs: () => number;
  private readonly onChange: () => void;
  private readonly shared: SharedSessions | undefined;
  private storedMs = -Infinity;

  constructor({ nowMs, stored = [], onChange = () => undefined, shared }: SessionsOptions) {
    this.shared = shared;
    this.nowMs = nowMs;
    this.onChange = onChange;
    this.sessions = new Map(stored.map(({ key, ...session }) => [key, session]));
  }

  get size(): number {
    return this.sessions.size;
  }

  /** The sessions that have not ended, to be stored. */
  get all(): readonly StoredSession[] {
    const alive = [...this.sessions].filter(([key]) => this.hasKey(key));
    return alive.map(([key, session]) => ({ key, ...session }));
  }

  /** @returns the secret for the cookie: 43 characters, 256 random bits */
  start({ name, tokenHash }: Identity, life: { endsMs: number; idleMs: number } = sessionLife): string {
    const own = [...this.sessions].filter(([, session]) => session.user.name === name);
    for (const [key] of own.slice(0, Math.max(own.length - perUser + 1, 0))) this.sessions.delete(key);
    const secret = randomBytes(32).toString('base64url');
    const now = this.nowMs();
    const key = keyOf(secret);
    const session = {
      user: { name, tokenHash },
      endsMs: now + life.endsMs,
      idleMs: life.idleMs,
      usedMs: now,
    };
    this.sessions.set(key, session);
    this.shared?.keep({ key, ...session });
    this.onChange();
    return secret;
  }

  /** The user of a session that has not ended. Counts as use. */
  use(secret: string): Identity | undefined {
    if (!this.has(secret)) return undefined;
    const session = this.sessions.get(keyOf(secret));
    if (session === undefined) return undefined;
    session.usedMs = this.nowMs();
    if (session.usedMs - this.storedMs >= storeUseMs) {
      this.storedMs = session.usedMs;
      this.shared?.keep({ key: keyOf(secret), ...session });
      this.onChange();
    }
    return session.user;
  }

  has(secret: string): boolean {
    return this.hasKey(keyOf(secret));
  }

  end(secret: string): void {
    const key = keyOf(secret);
    this.shared?.end(key);
    this.endKey(key);
  }

  /** Ends a session that was ended at another machine. */
  endKey(key: string): void {
    if (this.sessions.delete(key)) this.onChange();
  }

  /** Looks for a session that was started at another machine, if this one does not know it. */
  async adopt(secret: string): Promise<void> {
    if (this.shared === undefined || this.has(secret)) return;
    const key = keyOf(secret);
    const found = await this.shared.find(key);
    if (found === undefined || found.key !== key) return;
    const { user, endsMs, idleMs } = found;
    this.sessions.set(key, { user, endsMs, idleMs, usedMs: this.nowMs() });
    this.onChange();
  }

  private hasKey(key: string): boolean {
    const session = this.sessions.get(key);
    if (session === undefined) return false;
    const now = this.nowMs();
    if (now < session.endsMs && now < session.usedMs + session.idleMs) return true;
    this.sessions.delete(key);
    return false;
  }
}

function keyOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
