/** What a finished part consists of, as written into its folder: `part.json` and the segments that it lists. */
import { stat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { sha256File } from '../../../files/fingerprint.ts';
import { parseJson } from '../../../files/parse-json.ts';
import { damageSchema, sceneRecordSchema } from '../resume/checkpoint-file.ts';
import type { PartsPlan } from './parts-plan.ts';

/** The name of the file that describes a finished part. It lies beside the segments in the part's folder. */
export const partFileName = 'part.json';

const segmentSchema = z.strictObject({
  /** The name of its file in the part's folder. */
  file: z.string().regex(/^segment-\d{5}\.nut$/),
  frames: z.int().min(1),
  /** Ticks of the source's time base. */
  firstPts: z.int(),
  lastPts: z.int(),
  fields: z.enum(['progressive', 'top-first', 'bottom-first']),
  bytes: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const finishedPartSchema = z.strictObject({
  version: z.literal(1),
  /** The fingerprint of the plan that it belongs to. */
  fingerprint: z.string(),
  /** Its number in the plan: 0, 1, 2 ... */
  number: z.int().min(0),
  frames: z.int().min(1),
  /** In order; together they have `frames` frames. */
  segments: z.array(segmentSchema).min(1),
  /** Numbered from 0 in this part; frames count from the start of the film. */
  scenes: z.array(sceneRecordSchema),
  /** The damage of the source in this part; absent: none. */
  damage: damageSchema.optional(),
  /** How long the film's last frame is shown, seconds; only the last part knows it. */
  lastFrameS: z.number().min(0).optional(),
  /** Messages about the source for the user. */
  notices: z.array(z.string()),
});

/** A finished part. Two runs of the same part write the same record and the same files. */
export type FinishedPart = z.infer<typeof finishedPartSchema>;

/**
 * Checks a finished part: that it belongs to the plan, is complete, and that every file has its size and checksum. Other
 * files in the folder are ignored.
 * @returns the content of `FOLDER/part.json`
 * @throws {AppError} PART_INVALID, with what differs; PLAN_MISMATCH when the part belongs to another plan
 */
export async function checkPart(plan: PartsPlan, number: number, folder: string): Promise<FinishedPart> {
  const planned = plan.parts[number];
  const path = join(folder, partFileName);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) throw invalid(folder, 'it has no part.json');
  const parsed = finishedPartSchema.safeParse(parseJson(text));
  if (!parsed.success) throw invalid(path, z.prettifyError(parsed.error));
  const part = parsed.data;
  if (planned === undefined || part.fingerprint !== plan.fingerprint || part.number !== number)
    throw new AppError('PLAN_MISMATCH', `${folder} is another part than ${number} of ${plan.outputName}`, {
      cure: 'name the folder of this part; nothing was changed',
    });
  const frames = part.segments.reduce((sum, segment) => sum + segment.frames, 0);
  if (frames !== planned.frames || part.frames !== frames)
    throw invalid(folder, `expected ${planned.frames} frames but got ${frames}`);
  for (const segment of part.segments) await checkSegment(folder, segment);
  return part;
}

async function checkSegment(
  folder: string,
  { file, bytes, sha256 }: FinishedPart['segments'][number],
): Promise<void> {
  const path = join(folder, file);
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== bytes)
    throw invalid(path, `expected ${bytes} bytes but got ${found?.size ?? 'no file'}`);
  const sum = await sha256File(path);
  if (sum !== sha256) throw invalid(path, `expected the SHA-256 ${sha256} but got ${sum}`);
}

function invalid(path: string, what: string): AppError {
  return new AppError('PART_INVALID', `${path}: ${what}`, {
    cure: 'delete the folder of this part and make the part again; the other parts stay',
  });
}
