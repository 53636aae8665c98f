import type { Logger } from '../../../log/log.ts';
import { storedSession, type StoredSession } from '../../publish/server/access/session-file.ts';
import type { SharedSessions } from '../../publish/server/access/sessions.ts';
import type { Seal } from './seal.ts';
import type { LeaseStore } from './lease-store.ts';

/** Sessions of all machines: who signs in at one of them is signed in at all. Only digests are stored. */
export class SharedSessionStore implements SharedSessions {
  private readonly store: Pick<LeaseStore, 'session' | 'keepSession' | 'endSession'>;
  private readonly seal: Seal;
  private readonly log: Pick<Logger, 'debug'>;
  private readonly tellOthers: (key: string) => void;
  private readonly listeners: ((key: string) => void)[] = [];

  /** @param options.tellOthers - tells the other machines that a session has ended */
  constructor(options: {
    readonly store: Pick<LeaseStore, 'session' | 'keepSession' | 'endSession'>;
    readonly seal: Seal;
    readonly log: Pick<Logger, 'debug'>;
    readonly tellOthers: (key: string) => void;
  }) {
    this.store = options.store;
    this.seal = options.seal;
    this.log = options.log;
    this.tellOthers = options.tellOthers;
  }

  async find(key: string): Promise<StoredSession | undefined> {
    try {
      const sealed = await this.store.session(key);
      const text = sealed && this.seal.open(key, sealed);
      return text === undefined ? undefined : storedSession.parse(JSON.parse(text));
    } catch (err) {
      this.note(err);
      return undefined;
    }
  }

  keep(session: StoredSession): void {
    const lifeMs = Math.min(session.idleMs, session.endsMs - session.usedMs);
    if (lifeMs <= 0) return;
    const sealed = this.seal.close(session.key, JSON.stringify(session));
    this.store.keepSession(session.key, sealed, lifeMs).catch((err: unknown) => this.note(err));
  }

  end(key: string): void {
    this.store.endSession(key).catch((err: unknown) => this.note(err));
    this.tellOthers(key);
  }

  onEnd(listener: (key: string) => void): void {
    this.listeners.push(listener);
  }

  /** A user has signed out at another machine. */
  ended(key: string): void {
    for (const listener of this.listeners) listener(key);
  }

  private note(err: unknown): void {
    this.log.debug({ err }, 'sessions are not shared now');
  }
}
