import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { isRunning } from '../../files/is-running.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { replaceFile } from '../../files/replace-file.ts';

const descriptionSchema = z.strictObject({
  /** of footage, base model and settings */
  fingerprint: z.string(),
  /** the process that works on it */
  pid: z.int().min(1),
});

/** An unfinished camera's model, in `<output>.work`: pictures of its films, features, checkpoint. */
export class CameraWork {
  readonly dir: string;
  /** whether it resumes the work of an earlier run */
  readonly isResumed: boolean;

  private constructor(dir: string, isResumed: boolean) {
    this.dir = dir;
    this.isResumed = isResumed;
  }

  /**
   * Opens the work on a camera's model. Work with the same fingerprint is resumed; other work of ours is cleared.
   * @param output - folder of the finished model
   * @param fingerprint - of everything that the work depends on
   * @throws {AppError} OUTPUT_EXISTS if the folder holds other files, or another process works on it
   */
  static async open(output: string, fingerprint: string): Promise<CameraWork> {
    const dir = `${output}.work`;
    const known = await readDescription(dir);
    if (known !== undefined && known.pid !== process.pid && isRunning(known.pid)) throw inUse(dir, known.pid);
    if (known === undefined) await requireEmpty(dir);
    const isResumed = known?.fingerprint === fingerprint;
    if (known !== undefined && !isResumed) await rm(dir, { recursive: true, force: true });
    await makeFolder(dir);
    await replaceFile(descriptionOf(dir), JSON.stringify({ fingerprint, pid: process.pid }));
    return new CameraWork(dir, isResumed);
  }

  get pictures(): string {
    return join(this.dir, 'pictures');
  }

  get features(): string {
    return join(this.dir, 'features');
  }

  get run(): string {
    return join(this.dir, 'run');
  }

  get model(): string {
    return join(this.dir, 'model');
  }

  /** Clears the work; an interrupted run keeps it and resumes. */
  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

function descriptionOf(dir: string): string {
  return join(dir, 'work.json');
}

async function readDescription(dir: string): Promise<z.infer<typeof descriptionSchema> | undefined> {
  try {
    return descriptionSchema.parse(JSON.parse(await readFile(descriptionOf(dir), 'utf8')));
  } catch {
    return undefined; // missing, or not ours
  }
}

async function requireEmpty(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  const [foreign] = await readdir(dir).catch(() => ['something that is not a folder']);
  if (foreign === undefined) return;
  throw new AppError(
    'OUTPUT_EXISTS',
    `${dir}: expected a new or empty folder to work in but it holds ${foreign}`,
    { cure: 'move away what is there, or name another folder with -o' },
  );
}

function inUse(dir: string, pid: number): AppError {
  return new AppError('OUTPUT_EXISTS', `${dir}: another run (process ${pid}) is working there`, {
    cure: 'wait for it to end, or name another folder with -o',
  });
}
