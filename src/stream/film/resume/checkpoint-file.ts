/** Checkpoints and conclusions as text: JSON that a schema checks, because a file on disk cannot be trusted. */
import { z } from 'zod';
import { parseJson } from '../../../files/parse-json.ts';
import type { DecodeReport } from '../../../ingest/film/decode.ts';
import type { FilmCheckpoint, SceneRecord } from './resume-point.ts';

/** What is known when all frames are encoded, for the steps that follow. */
export interface Conclusion {
  readonly scenes: readonly SceneRecord[];
  readonly report: DecodeReport;
  /** Messages about the source for the user. */
  readonly notices: readonly string[];
}

const bytes = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
/** Little-endian float32 numbers. */
const floats = bytes
  .refine((raw) => raw.length % 4 === 0, 'expected whole float32 numbers')
  .transform((raw) => new Float32Array(raw.buffer, 0, raw.length / 4))
  .refine((numbers) => numbers.every(Number.isFinite), 'expected finite numbers');

/** The entry of a scene. */
export const sceneRecordSchema = z.strictObject({
  number: z.int().min(0),
  firstFrame: z.int().min(0),
  firstPts: z.int(),
  start: z.enum(['first', 'cut', 'fade', 'gradual', 'color']),
  isCard: z.boolean(),
  isOwn: z.boolean().default(false),
});

/** The damage of a source. */
export const damageSchema = z.strictObject({
  kind: z.enum(['corrupted', 'ends early']),
  atS: z.number(),
  count: z.int().min(0),
});

const checkpointSchema = z.strictObject({
  context: z.array(z.strictObject({ pts: z.int(), crc: z.int().min(0) })).max(64),
  /** The detector itself checks it. */
  cutState: z.unknown(),
  scene: sceneRecordSchema.extend({ palette: floats }),
  film: z.strictObject({
    color: z.strictObject({ ab: floats, weight: floats }),
    small: bytes,
    turn: z.strictObject({
      sinceAnswer: z.int().min(0),
      unseen: z.number().min(0),
      askedMean: z.number().min(0).max(255),
      answers: z.int().min(0),
    }),
  }),
  scenes: z.array(sceneRecordSchema),
  damage: damageSchema.optional(),
  notices: z.array(z.string()),
  lumaCrc: z.int().min(0).optional(),
});

const conclusionSchema = z.strictObject({
  scenes: z.array(sceneRecordSchema),
  report: z.strictObject({ damage: damageSchema.optional(), lastFrameS: z.number().min(0).optional() }),
  notices: z.array(z.string()).default([]),
});

/** Writes a checkpoint or a conclusion as text. */
export function recordText(record: FilmCheckpoint | Conclusion): string {
  return JSON.stringify(record, (_, value: unknown) => {
    if (!ArrayBuffer.isView(value)) return value;
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  });
}

/** Reads a checkpoint; undefined if the text is not a checkpoint, or the sizes of its arrays do not match. */
export function parseCheckpoint(text: string): FilmCheckpoint | undefined {
  const parsed = checkpointSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { small, color } = parsed.data.film;
  const fits = color.weight.length === small.length && color.ab.length === 2 * small.length;
  return fits ? { ...parsed.data, damage: parsed.data.damage } : undefined;
}

/** Reads a conclusion; undefined if the text is not a conclusion. */
export function parseConclusion(text: string): Conclusion | undefined {
  return conclusionSchema.safeParse(parseJson(text)).data;
}
