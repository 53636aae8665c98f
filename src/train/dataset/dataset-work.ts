import { open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { writeFailure } from '../../files/write-failure.ts';
import { manifestName, shardSchema, type DatasetSettings, type Shard } from './dataset-manifest.ts';
import { ColorCounter, priorSchema, type Prior } from './prior.ts';
import { isIntact } from './shards/shard-check.ts';
import { planSchema, type DatasetPlan } from './shards/shard-plan.ts';
import { readShard } from './shards/shard-reader.ts';

const intentSchema = z.strictObject({
  /** everything that the set depends on */
  fingerprint: z.string(),
  /** the same in words, for the user */
  settings: z.record(z.string(), z.unknown()),
});

const finishedShardSchema = z.strictObject({ shard: shardSchema, prior: priorSchema });

/** A complete shard, and the colours in it. */
export type FinishedShard = z.infer<typeof finishedShardSchema>;

/**
 * What an unfinished set keeps beside its shards, in `DIR/work`: the request, the plan, pictures from films, and a
 * journal of the complete shards. The folder is deleted when the set is complete.
 */
export class DatasetWork {
  readonly dir: string;
  readonly finished: FinishedShard[] = [];

  private constructor(dir: string) {
    this.dir = dir;
  }

  /**
   * Opens the work on a set, or starts it.
   * @param dir - the set's folder
   * @param made - shards of a set that was complete; those that still are count as finished
   * @throws {AppError} OUTPUT_EXISTS if the folder holds something else; OUTPUT_UNWRITABLE
   */
  static async open(
    dir: string,
    fingerprint: string,
    settings: DatasetSettings,
    made: readonly Shard[] = [],
  ): Promise<DatasetWork> {
    const work = new DatasetWork(dir);
    await makeFolder(work.folder).catch((error: unknown) => {
      throw writeFailure(dir, error);
    });
    const known = intentSchema.safeParse(await readJson(work.intentPath));
    if (known.success && known.data.fingerprint !== fingerprint)
      throw otherWork(dir, known.data.settings, settings);
    if (!known.success) {
      if (made.length === 0) await refuseForeignFiles(dir);
      await replaceFile(work.intentPath, JSON.stringify({ fingerprint, settings }));
    }
    await work.readJournal();
    await work.adopt(made);
    return work;
  }

  /** The folder for films' pictures until they become samples. */
  get framesDir(): string {
    return join(this.folder, 'frames');
  }

  /** The plan of an earlier run; undefined if there is none. */
  async plan(): Promise<DatasetPlan | undefined> {
    return planSchema.safeParse(await readJson(this.planPath)).data;
  }

  async savePlan(plan: DatasetPlan): Promise<void> {
    await replaceFile(this.planPath, JSON.stringify(plan));
  }

  /** Declares a shard complete; its file must be on disk. */
  async commit(finished: FinishedShard): Promise<void> {
    try {
      await using journal = await open(this.journalPath, 'a');
      await journal.appendFile(`${JSON.stringify(finished)}\n`);
      await journal.datasync();
      this.finished.push(finished);
    } catch (error) {
      throw writeFailure(this.dir, error);
    }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private get folder(): string {
    return join(this.dir, 'work');
  }

  private get intentPath(): string {
    return join(this.folder, 'intent.json');
  }

  private get planPath(): string {
    return join(this.folder, 'plan.json');
  }

  private get journalPath(): string {
    return join(this.folder, 'journal.jsonl');
  }

  /** Takes over the shards whose files still match the journal. */
  private async readJournal(): Promise<void> {
    const text = await readFile(this.journalPath, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const parsed = finishedShardSchema.safeParse(parseLine(line));
      if (!parsed.success) continue; // a crash cut this line, so its shard is made again
      const { shard } = parsed.data;
      if (!this.has(shard) && (await isIntact(this.dir, shard))) this.finished.push(parsed.data);
    }
  }

  private async adopt(made: readonly Shard[]): Promise<void> {
    for (const shard of made) {
      if (!this.has(shard) && (await isIntact(this.dir, shard)))
        await this.commit({ shard, prior: await priorOf(join(this.dir, shard.file)) });
    }
  }

  private has({ file }: Shard): boolean {
    return this.finished.some(({ shard }) => shard.file === file);
  }
}

/** The colours of a shard. */
async function priorOf(path: string): Promise<Prior> {
  const colors = new ColorCounter();
  for await (const { ab, size } of readShard(path)) colors.add(ab, size);
  return colors.prior();
}

/** The fault of a folder that holds a set, finished or not, with other settings or sources. */
export function otherWork(
  dir: string,
  known: Readonly<Record<string, unknown>>,
  asked: Readonly<Record<string, unknown>>,
): AppError {
  const changed = Object.keys(asked).filter((name) => known[name] !== asked[name]);
  const differences = changed.map((name) => `${name} was ${String(known[name])}, now ${String(asked[name])}`);
  const reason = differences.length > 0 ? differences.join('; ') : 'the source files have changed';
  return new AppError('OUTPUT_EXISTS', `${dir} holds a set that was made differently: ${reason}`, {
    cure: 'name another folder with -o, or delete that one',
  });
}

async function refuseForeignFiles(dir: string): Promise<void> {
  const others = (await readdir(dir)).filter((name) => name !== 'work' && name !== manifestName);
  if (others.length === 0) return;
  throw new AppError(
    'OUTPUT_EXISTS',
    `${dir}: expected a new or empty folder but it holds ${others[0] ?? ''}`,
    {
      cure: 'name another folder with -o',
    },
  );
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseLine(text);
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
