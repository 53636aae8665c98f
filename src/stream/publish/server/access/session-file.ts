import { z } from 'zod';
import { readPrivateFile, replacePrivateFile } from '../../../../files/private-file.ts';
import type { Logger } from '../../../../log/log.ts';

/** A session on disk, or in Redis. */
export const storedSession = z.strictObject({
  /** SHA-256 of the cookie's secret, base64. */
  key: z.string().length(44),
  user: z.strictObject({ name: z.string().max(64), tokenHash: z.string().max(128) }),
  endsMs: z.number(),
  idleMs: z.number(),
  usedMs: z.number(),
});

/** A session as it is stored: only digests, so that the file gives nobody a session or a token. */
export type StoredSession = z.infer<typeof storedSession>;

const stored = z.strictObject({ version: z.literal(1), sessions: z.array(storedSession).max(20_000) });

/** Keeps sessions in a file, in a folder that only this user may enter. If the file cannot be used, sessions last until a restart. */
export class SessionFile implements AsyncDisposable {
  private readonly path: string;
  private readonly log: Pick<Logger, 'warn'>;
  private readonly read: () => readonly StoredSession[];
  private writing: Promise<void> = Promise.resolve();
  private isPending = false;

  /** @param read - gives the sessions when the file is written */
  constructor(options: {
    readonly path: string;
    readonly log: Pick<Logger, 'warn'>;
    readonly read: () => readonly StoredSession[];
  }) {
    this.path = options.path;
    this.log = options.log;
    this.read = options.read;
  }

  /** Reads the sessions of the last run; none if there is no file, or a damaged one. */
  static async load(path: string, log: Pick<Logger, 'warn'>): Promise<readonly StoredSession[]> {
    try {
      return (await readPrivateFile(path, stored))?.sessions ?? [];
    } catch (err) {
      log.warn({ err, file: path }, 'cannot read the sessions, so everybody must log in again');
      return [];
    }
  }

  /** Writes the file soon. Calls in between share one write. */
  save(): void {
    if (this.isPending) return;
    this.isPending = true;
    this.writing = this.writing.then(() => this.write());
  }

  /** Resolves when the last write is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.save();
    await this.writing;
  }

  private async write(): Promise<void> {
    this.isPending = false;
    try {
      await replacePrivateFile(this.path, JSON.stringify({ version: 1, sessions: this.read() }));
    } catch (err) {
      this.log.warn({ err, file: this.path }, 'cannot store the sessions, so a restart will end them');
    }
  }
}
