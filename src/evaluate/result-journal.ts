import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { fingerprintOf } from '../files/fingerprint.ts';
import { AppError } from '../errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import { replaceFile } from '../files/replace-file.ts';
import type { ImportedManifest } from '../model/imported/imported-manifest.ts';
import type { Manifest } from '../model/manifest.ts';
import { packageVersion } from '../version.ts';
import { clipFigures, photoFigures, type FileResult } from './figures.ts';
import type { EvaluationSettings } from './evaluation-settings.ts';

const value = z.number().nullable();
const versions = <T extends z.ZodType>(figures: T): z.ZodObject<{ output: T; gray: T; truth: T }> =>
  z.strictObject({ output: figures, gray: figures, truth: figures });
const common = {
  file: z.string(),
  widthPx: z.int(),
  heightPx: z.int(),
  lumaDifference: z.number(),
  colorizeS: z.number(),
};
const resultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('photo'),
    figures: versions(z.record(z.enum(photoFigures), value)),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('clip'),
    frames: z.int(),
    movingShare: z.number(),
    figures: versions(z.record(z.enum(clipFigures), value)),
  }),
]);
const lineSchema = z.strictObject({ key: z.string(), result: resultSchema });

/**
 * The results of finished files, one line each, in a folder that stays after the run, so that the same files need not
 * be evaluated again. It may also hold results of other settings or models; a key tells them apart.
 */
export class ResultJournal implements AsyncDisposable {
  readonly #known: Map<string, FileResult>;
  readonly #handle: FileHandle;

  private constructor(known: Map<string, FileResult>, handle: FileHandle) {
    this.#known = known;
    this.#handle = handle;
  }

  /**
   * Opens the journal of a folder, or starts one. It drops an unfinished last line that a killed run left.
   * @throws {AppError} DISK_FULL, OUTPUT_UNWRITABLE
   */
  static async open(folder: string): Promise<ResultJournal> {
    const path = join(folder, 'results.jsonl');
    try {
      await makeFolder(folder);
      const lines = readLines(await readFile(path, 'utf8').catch(() => ''));
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      await replaceFile(path, text);
      const known = new Map(lines.map(({ key, result }) => [key, result]));
      return new ResultJournal(known, await open(path, 'a'));
    } catch (error) {
      if (error instanceof AppError && error.code === 'DISK_FULL') throw error;
      throw new AppError('OUTPUT_UNWRITABLE', `${path}: can't be written (${(error as Error).message})`, {
        cure: 'name another folder with --work, or correct its permissions',
        cause: error,
      });
    }
  }

  /** The result of a file; undefined if it has none yet. */
  find(key: string): FileResult | undefined {
    return this.#known.get(key);
  }

  /** Stores a result. It is on disk when this resolves. */
  async add(key: string, result: FileResult): Promise<void> {
    this.#known.set(key, result);
    await this.#handle.appendFile(`${JSON.stringify({ key, result })}\n`);
    await this.#handle.datasync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** What a blend's colour depends on, apart from the first model. */
export interface BlendFacts {
  /** of the second model, 0..1 */
  readonly share: number;
  /** SHA-256 of its files */
  readonly weights: readonly string[];
}

/** What a result depends on, apart from the file. */
export interface ResultContext {
  /** Belongs to the model; it contains the checksum of the weights. */
  readonly manifest: Manifest | ImportedManifest;
  readonly engine: string;
  /** As requested: `auto`, `cpu` ..., and an embedding network of the user's own. */
  readonly device: string;
  readonly precision: string;
  readonly embedding?: string | undefined;
  readonly settings: EvaluationSettings;
  readonly blend?: BlendFacts | undefined;
}

/**
 * The key of a result. It changes with the file (size, time of change), the model, the settings and the program's
 * version.
 */
export async function resultKey(file: string, context: ResultContext): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  const facts = [packageVersion, resolve(file), found?.size, found?.mtimeMs, context];
  return fingerprintOf(facts).slice(0, 32);
}

function readLines(text: string): z.infer<typeof lineSchema>[] {
  return text.split('\n').flatMap((line) => {
    try {
      const parsed = lineSchema.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return []; // a crash cut this line, so it does not count
    }
  });
}
