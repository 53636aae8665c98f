import { existsSync } from 'node:fs';
import { open, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { sha256File } from '../../files/fingerprint.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { writeFailure, type WriteAdvice } from '../../files/write-failure.ts';

/** What a finished segment is, as the journal says it. A segment without such a line does not exist. */
const segmentSchema = z.strictObject({
  type: z.literal('segment'),
  /** 0, 1, 2 ... */
  number: z.int().min(0),
  file: z.string(),
  firstFrame: z.int().min(0),
  frames: z.int().min(1),
  firstPts: z.int(),
  lastPts: z.int(),
  bytes: z.int().min(1),
  sha256: z.string().length(64),
  /** File with the state that the next segment starts from; absent at the end of the film. */
  checkpoint: z.string().optional(),
});
export type SegmentRecord = z.infer<typeof segmentSchema>;

const planSchema = z.strictObject({
  type: z.literal('plan'),
  /** Everything that the result depends on; another fingerprint is another film. */
  fingerprint: z.string(),
  /** The same for a person: what was asked. */
  settings: z.record(z.string(), z.unknown()),
});

/**
 * The folder in which an unfinished film lies: segments, the state between them, and the journal that says which
 * of them are whole. Each journal line is on disk before the next segment counts.
 */
export class Journal implements AsyncDisposable {
  readonly folder: string;
  readonly segments: SegmentRecord[];
  private readonly handle: FileHandle;

  private constructor(folder: string, segments: SegmentRecord[], handle: FileHandle) {
    this.folder = folder;
    this.segments = segments;
    this.handle = handle;
  }

  /**
   * Opens the work folder of a film, or begins it.
   * @param fingerprint - of input, model and settings; work of another fingerprint is refused
   * @throws {AppError} OUTPUT_EXISTS when the folder holds other work; OUTPUT_UNWRITABLE
   */
  static async open(
    folder: string,
    fingerprint: string,
    settings: Record<string, unknown>,
    options: { fresh?: boolean } = {},
  ): Promise<Journal> {
    if (options.fresh === true) await rm(folder, { recursive: true, force: true });
    await makeFolder(folder).catch((error: unknown) => {
      throw writeFault(folder, error);
    });
    const path = join(folder, 'journal.jsonl');
    const known = await readLines(path);
    const plan = planSchema.safeParse(known[0]);
    const isOurs = plan.success && plan.data.fingerprint === fingerprint;
    if (plan.success && !isOurs) {
      throw new AppError(
        'OUTPUT_EXISTS',
        `${folder} holds unfinished work of other settings: ${differences(plan.data.settings, settings)}`,
        { cure: 'repeat the first command to resume it, or add --fresh to throw it away' },
      );
    }
    const segments = isOurs ? await soundSegments(folder, known.slice(1)) : [];
    try {
      const lines = [{ type: 'plan', fingerprint, settings }, ...segments];
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      await replaceFile(path, text, advice);
      return new Journal(folder, segments, await open(path, 'a'));
    } catch (error) {
      throw writeFault(folder, error);
    }
  }

  /** Frames that are safe: those of all whole segments. */
  get frames(): number {
    return this.segments.reduce((sum, segment) => sum + segment.frames, 0);
  }

  /** Where segment `number` is written. */
  segmentPath(number: number): string {
    return join(this.folder, segmentName(number));
  }

  /**
   * Declares a segment whole. `checkpoint` is stored first, then the line, then the disk is told to keep both.
   * @param checkpoint - any value that v8 can serialize; absent at the film's end
   * @throws {AppError} DISK_FULL, OUTPUT_UNWRITABLE
   */
  async commit(
    segment: Omit<SegmentRecord, 'type' | 'file' | 'bytes' | 'sha256' | 'checkpoint'>,
    checkpoint?: unknown,
  ): Promise<void> {
    const file = segmentName(segment.number);
    const path = join(this.folder, file);
    try {
      await syncFile(path);
      const { size } = await stat(path);
      const sha256 = await sha256File(path);
      const record: SegmentRecord = { type: 'segment', ...segment, file, bytes: size, sha256 };
      if (checkpoint !== undefined) {
        // Older ones stay: when a later segment turns out damaged, work goes on before it.
        record.checkpoint = `checkpoint-${String(segment.number).padStart(5, '0')}.bin`;
        await replaceFile(join(this.folder, record.checkpoint), serialize(checkpoint), advice);
      }
      await this.append(record);
      this.segments.push(record);
    } catch (error) {
      throw writeFault(this.folder, error);
    }
  }

  /** The state stored with the last segment; undefined at the film's beginning. Trust: we wrote it ourselves. */
  async lastCheckpoint(): Promise<unknown> {
    const name = this.segments.at(-1)?.checkpoint;
    return name === undefined ? undefined : deserialize(await readFile(join(this.folder, name)));
  }

  /**
   * Stores what the end of the film needs to know, once its last segment is committed: without it that segment is made
   * again. @param conclusion - any value that v8 can serialize
   */
  async conclude(conclusion: unknown): Promise<void> {
    await replaceFile(join(this.folder, conclusionName), serialize(conclusion), advice);
  }

  /** What {@link conclude} stored: it is there when the last segment has no checkpoint. */
  async conclusion(): Promise<unknown> {
    return deserialize(await readFile(join(this.folder, conclusionName)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }

  private async append(line: unknown): Promise<void> {
    await this.handle.appendFile(`${JSON.stringify(line)}\n`);
    await this.handle.datasync();
  }
}

const conclusionName = 'conclusion.bin';

const advice: WriteAdvice = {
  kept: 'earlier segments are kept',
  cureFull: 'free some space and repeat the command: it goes on from the last whole segment',
  cure: 'choose another folder by -o, or correct its permissions',
};

/** Faults that were explained already stay as they are. */
function writeFault(folder: string, error: unknown): AppError {
  return error instanceof AppError ? error : writeFailure(folder, error, advice);
}

function segmentName(number: number): string {
  return `segment-${String(number).padStart(5, '0')}.nut`;
}

/**
 * The longest run of segments from the first whose files are as the journal says and whose last has what comes after
 * it: a checkpoint, or the film's conclusion.
 */
async function soundSegments(folder: string, lines: readonly unknown[]): Promise<SegmentRecord[]> {
  const sound: SegmentRecord[] = [];
  for (const line of lines) {
    const parsed = segmentSchema.safeParse(line);
    if (!parsed.success || parsed.data.number !== sound.length) break;
    const path = join(folder, parsed.data.file);
    const found = await stat(path).catch(() => undefined);
    if (found?.size !== parsed.data.bytes || (await sha256File(path)) !== parsed.data.sha256) break;
    sound.push(parsed.data);
  }
  while (sound.length > 0) {
    const last = sound.at(-1);
    if (last !== undefined && existsSync(join(folder, last.checkpoint ?? conclusionName))) break;
    sound.pop();
  }
  return sound;
}

async function readLines(path: string): Promise<unknown[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines: unknown[] = [];
  for (const line of text.split('\n')) {
    try {
      if (line !== '') lines.push(JSON.parse(line));
    } catch {
      break; // a line cut by the crash: it and all behind it never happened
    }
  }
  return lines;
}

function differences(old: Record<string, unknown>, asked: Record<string, unknown>): string {
  const names = [...new Set([...Object.keys(old), ...Object.keys(asked)])];
  const changed = names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(asked[name]));
  const show = (value: unknown): string => (value === undefined ? 'unset' : JSON.stringify(value));
  return changed.map((name) => `${name} was ${show(old[name])}, now ${show(asked[name])}`).join('; ');
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
