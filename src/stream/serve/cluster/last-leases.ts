import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { readPrivateFile, replacePrivateFile } from '../../../files/private-file.ts';
import type { Logger } from '../../../log/log.ts';

const stored = z.strictObject({
  version: z.literal(1),
  /** The cameras of this machine with their tokens. */
  held: z.record(z.string(), z.number()),
  machines: z.array(
    z.strictObject({ name: z.string(), instance: z.string(), address: z.string(), weight: z.number() }),
  ),
});

/** What a machine had last. */
export type LastState = Omit<z.infer<typeof stored>, 'version'>;

/** Keeps in a file what this machine had last, for a start without Redis. */
export class LastLeases {
  private readonly file: string;
  private readonly log: Pick<Logger, 'warn'>;
  private last: LastState | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(file: string, log: Pick<Logger, 'warn'>) {
    this.file = file;
    this.log = log;
  }

  /** @returns undefined if there is no file, or a damaged one */
  async load(): Promise<LastState | undefined> {
    try {
      return await readPrivateFile(this.file, stored);
    } catch (err) {
      this.log.warn({ err, file: this.file }, 'cannot read which cameras this machine had');
      return undefined;
    }
  }

  /** Writes the file if something has changed. Resolves when it is written. */
  save(state: LastState): Promise<void> {
    if (isDeepStrictEqual(state, this.last)) return this.writing;
    this.last = state;
    this.writing = this.writing.then(() => this.write(state));
    return this.writing;
  }

  private async write(state: LastState): Promise<void> {
    try {
      await replacePrivateFile(this.file, JSON.stringify({ version: 1, ...state }));
    } catch (err) {
      this.log.warn({ err, file: this.file }, 'cannot keep which cameras this machine has');
    }
  }
}
