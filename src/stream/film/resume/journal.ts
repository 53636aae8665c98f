import { open, readdir, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { FieldOrder } from '../../../frame.ts';
import { AppError } from '../../../errors.ts';
import { sha256File } from '../../../files/fingerprint.ts';
import { replaceFile } from '../../../files/replace-file.ts';
import { syncPath } from '../../../files/sync-path.ts';
import { writeFailure, type WriteAdvice } from '../../../files/write-failure.ts';
import { parseCheckpoint, parseConclusion, recordText, type Conclusion } from './checkpoint-file.ts';
import type { FilmCheckpoint } from './resume-point.ts';
import type { SegmentLimits } from '../segment-ends.ts';
import type { WorkFolder } from './work-folder.ts';

/** A finished segment as recorded in the journal. A segment without such a line does not count. */
const segmentSchema = z.strictObject({
  type: z.literal('segment'),
  /** 0, 1, 2 ... */
  number: z.int().min(0),
  file: z.string().regex(/^segment-\d{5}\.nut$/),
  firstFrame: z.int().min(0),
  frames: z.int().min(1),
  firstPts: z.int(),
  lastPts: z.int(),
  /** How its frames are coded; absent in journals of older versions. */
  fields: z.enum(['progressive', 'top-first', 'bottom-first']).optional(),
  bytes: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** File with the state that the next segment starts from; absent at the end of the film. */
  checkpoint: z
    .string()
    .regex(/^checkpoint-\d{5}\.(json|bin)$/)
    .optional(),
});
export type SegmentRecord = z.infer<typeof segmentSchema>;

const planSchema = z.strictObject({
  type: z.literal('plan'),
  /** The fingerprint of everything that the result depends on. Another fingerprint means another film. */
  fingerprint: z.string(),
  /** The settings, for messages to the user. */
  settings: z.record(z.string(), z.unknown()),
});

/**
 * Records the progress of an unfinished film: its segments, the state between them, and which of them are complete.
 * Each line of the journal is on disk before the next segment counts.
 */
export class Journal implements AsyncDisposable {
  readonly folder: string;
  readonly segments: SegmentRecord[];
  private readonly handle: FileHandle;
  /** An older version began the work. */
  private readonly isOlder: boolean;

  private constructor(folder: string, segments: SegmentRecord[], handle: FileHandle, isOlder: boolean) {
    this.folder = folder;
    this.segments = segments;
    this.handle = handle;
    this.isOlder = isOlder;
  }

  /**
   * Opens the journal in a work folder, or starts a new one. Files in the folder that are not in the journal are
   * deleted.
   * @param fingerprint - of input, model and settings; finished segments with another fingerprint are refused
   * @param options.older - the fingerprint that an older version gave the same film: its work is continued as that
   *   version would have done
   * @throws {AppError} OUTPUT_EXISTS when the folder contains other work; OUTPUT_UNWRITABLE
   */
  static async open(
    { path: folder }: Pick<WorkFolder, 'path'>,
    fingerprint: string,
    settings: Readonly<Record<string, unknown>>,
    options: { readonly fresh?: boolean; readonly older?: string } = {},
  ): Promise<Journal> {
    const path = join(folder, journalName);
    if (options.fresh === true) await rm(path, { force: true });
    const known = await readLines(path);
    const plan = planSchema.safeParse(known[0]);
    const isOlder = plan.success && plan.data.fingerprint === options.older && known.length > 1;
    const isOurs = plan.success && (plan.data.fingerprint === fingerprint || isOlder);
    if (known.length > 0 && !plan.success) {
      throw new AppError(
        'OUTPUT_EXISTS',
        `${path}: expected a journal of chromafeed but it is something else`,
        {
          cure: 'nothing was changed: move it away, or name another output with -o',
        },
      );
    }
    // Work that failed before its first segment can be deleted.
    if (plan.success && !isOurs && known.length > 1) {
      throw new AppError(
        'OUTPUT_EXISTS',
        `${folder} holds unfinished work of other settings: ${differences(plan.data.settings, settings)}`,
        { cure: 'repeat the first command to resume it, or add --fresh to delete it' },
      );
    }
    const segments = isOurs ? await soundSegments(folder, known.slice(1)) : [];
    try {
      const wasOlder = isOlder && segments.length > 0;
      const lines = [wasOlder ? known[0] : { type: 'plan', fingerprint, settings }, ...segments];
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      await replaceFile(path, text, advice);
      await deleteOthers(folder, segments);
      return new Journal(folder, segments, await open(path, 'a'), wasOlder);
    } catch (error) {
      throw writeFault(folder, error);
    }
  }

  /** The field orders of the segments, each once; undefined: of segments whose record does not say it. */
  get fieldOrders(): readonly (FieldOrder | undefined)[] {
    return [...new Set(this.segments.map(({ fields }) => fields))];
  }

  /** The number of frames in complete segments. */
  get frames(): number {
    return this.segments.reduce((sum, segment) => sum + segment.frames, 0);
  }

  /** How long the segments of this work are. Older versions did not end them at cuts. */
  limitsOf(limits: SegmentLimits): SegmentLimits {
    return this.isOlder ? { ...limits, shortest: undefined } : limits;
  }

  /** The path of segment `number`. */
  segmentPath(number: number): string {
    return join(this.folder, segmentName(number));
  }

  /**
   * Records a segment as complete. `checkpoint` is stored first, then the line, and both are flushed to disk.
   * @param checkpoint - absent at the end of the film
   */
  async commit(
    segment: Omit<SegmentRecord, 'type' | 'file' | 'bytes' | 'sha256' | 'checkpoint'>,
    checkpoint?: FilmCheckpoint,
  ): Promise<void> {
    const file = segmentName(segment.number);
    const path = join(this.folder, file);
    try {
      await syncPath(path);
      const { size } = await stat(path);
      const sha256 = await sha256File(path);
      const record: SegmentRecord = { type: 'segment', ...segment, file, bytes: size, sha256 };
      if (checkpoint !== undefined) {
        // Older ones stay: if a later segment is damaged, the work resumes before it.
        record.checkpoint = `checkpoint-${String(segment.number).padStart(5, '0')}.json`;
        await replaceFile(join(this.folder, record.checkpoint), recordText(checkpoint), advice);
      }
      await this.append(record);
      this.segments.push(record);
    } catch (error) {
      throw writeFault(this.folder, error);
    }
  }

  /** The state stored with the last segment; undefined at the start and at the end of the film. */
  async lastCheckpoint(): Promise<FilmCheckpoint | undefined> {
    const name = this.segments.at(-1)?.checkpoint;
    return name === undefined ? undefined : readCheckpoint(this.folder, name);
  }

  /**
   * Stores what the end of the film needs once its last segment is committed; without it, that segment is made again.
   */
  async conclude(conclusion: Conclusion): Promise<void> {
    await replaceFile(join(this.folder, conclusionName), recordText(conclusion), advice);
  }

  /** What {@link conclude} stored; undefined while the film is incomplete. */
  async conclusion(): Promise<Conclusion | undefined> {
    const last = this.segments.at(-1);
    return last !== undefined && last.checkpoint === undefined ? readConclusion(this.folder) : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }

  private async append(line: unknown): Promise<void> {
    await this.handle.appendFile(`${JSON.stringify(line)}\n`);
    await this.handle.datasync();
  }
}

const journalName = 'journal.jsonl';
const conclusionName = 'conclusion.json';

/** Larger than the journal of a film of several days, and than a checkpoint of the largest picture. */
const mostTextBytes = 2 ** 28;

const advice: WriteAdvice = {
  kept: 'earlier segments are kept',
  cureFull: 'free some space and repeat the command: it resumes after the last finished segment',
  cure: 'choose another folder with -o, or correct its permissions',
};

/** Does not change errors that already have an explanation. */
function writeFault(folder: string, error: unknown): AppError {
  return error instanceof AppError ? error : writeFailure(folder, error, advice);
}

function segmentName(number: number): string {
  return `segment-${String(number).padStart(5, '0')}.nut`;
}

/**
 * Finds the longest run of segments, from the first one on, whose files match the journal and whose last one has what
 * follows it: a checkpoint, or the film's conclusion.
 */
async function soundSegments(folder: string, lines: readonly unknown[]): Promise<SegmentRecord[]> {
  const sound: SegmentRecord[] = [];
  for (const line of lines) {
    const parsed = segmentSchema.safeParse(line);
    if (!parsed.success || parsed.data.number !== sound.length) break;
    if (parsed.data.file !== segmentName(parsed.data.number)) break;
    const path = join(folder, parsed.data.file);
    const found = await stat(path).catch(() => undefined);
    if (found?.size !== parsed.data.bytes || (await sha256File(path)) !== parsed.data.sha256) break;
    sound.push(parsed.data);
  }
  while (sound.length > 0) {
    const last = sound.at(-1);
    const after =
      last?.checkpoint === undefined
        ? await readConclusion(folder)
        : await readCheckpoint(folder, last.checkpoint);
    if (after !== undefined) break;
    sound.pop();
  }
  return sound;
}

async function readCheckpoint(folder: string, name: string): Promise<FilmCheckpoint | undefined> {
  return parseCheckpoint(await readText(join(folder, name)));
}

async function readConclusion(folder: string): Promise<Conclusion | undefined> {
  return parseConclusion(await readText(join(folder, conclusionName)));
}

/** The text of a file; undefined if it does not exist, or is larger than any file of this program. */
async function readText(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile() || found.size > mostTextBytes) return '';
  return readFile(path, 'utf8');
}

/** Deletes unfinished files of an earlier run, so that every file is made again. */
async function deleteOthers(folder: string, segments: readonly SegmentRecord[]): Promise<void> {
  const kept = new Set([
    journalName,
    ...segments.flatMap(({ file, checkpoint }) => [file, checkpoint ?? conclusionName]),
  ]);
  const isSegmentOrState = /^(segment-|checkpoint-|conclusion\.)/;
  for (const name of await readdir(folder))
    if (isSegmentOrState.test(name) && !kept.has(name)) await rm(join(folder, name), { force: true });
}

async function readLines(path: string): Promise<unknown[]> {
  const text = await readText(path);
  const lines: unknown[] = [];
  for (const line of text.split('\n')) {
    try {
      if (line !== '') lines.push(JSON.parse(line));
    } catch {
      break; // the crash cut this line, so it and everything after it do not count
    }
  }
  return lines;
}

/** Names the settings that differ. */
export function differences(
  old: Readonly<Record<string, unknown>>,
  asked: Readonly<Record<string, unknown>>,
): string {
  const names = [...new Set([...Object.keys(old), ...Object.keys(asked)])];
  const changed = names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(asked[name]));
  const show = (value: unknown): string => (value === undefined ? 'unset' : JSON.stringify(value));
  return changed.map((name) => `${name} was ${show(old[name])}, now ${show(asked[name])}`).join('; ');
}
