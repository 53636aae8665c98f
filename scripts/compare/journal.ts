import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { replaceFile } from '../../src/files/replace-file.ts';

const journalSchema = z.record(z.string(), z.object({ seconds: z.number(), isDone: z.boolean() }));

/** How long each part of a comparison has run, over all attempts. */
export class Journal {
  readonly #path: string;
  readonly #entries: Record<string, { seconds: number; isDone: boolean }>;

  private constructor(path: string, entries: z.infer<typeof journalSchema>) {
    this.#path = path;
    this.#entries = entries;
  }

  static async open(path: string): Promise<Journal> {
    const text = await readFile(path, 'utf8').catch(() => '{}');
    return new Journal(path, journalSchema.parse(JSON.parse(text)));
  }

  /** Runs a part, unless it is done already, and adds its time even if it fails. */
  async time(part: string, run: () => Promise<void>): Promise<void> {
    const entry = (this.#entries[part] ??= { seconds: 0, isDone: false });
    if (entry.isDone) return;
    const startMs = performance.now();
    try {
      await run();
      entry.isDone = true;
    } finally {
      entry.seconds += (performance.now() - startMs) / 1000;
      await replaceFile(this.#path, `${JSON.stringify(this.#entries, undefined, 2)}\n`);
    }
  }

  secondsOf(part: string): number {
    return this.#entries[part]?.seconds ?? 0;
  }

  /** Of all parts. */
  get seconds(): number {
    return Object.values(this.#entries).reduce((sum, { seconds }) => sum + seconds, 0);
  }
}
