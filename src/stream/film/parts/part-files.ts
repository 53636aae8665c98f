/** What a finished part consists of, as written into its folder: `part.json` and the segments that it lists. */
import { z } from 'zod';
import { damageSchema, sceneRecordSchema } from '../resume/checkpoint-file.ts';

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

export const finishedPartSchema = z.strictObject({
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
