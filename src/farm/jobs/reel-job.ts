import { z } from 'zod';
import type { FilmOptions } from '../../stream/film/film-options.ts';
import { locationSchema } from '../storage/location.ts';

/** A file that travels to the workers through the storage. */
export const travellingFileSchema = z.strictObject({
  name: z.string().regex(/^[\w][\w.-]*$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type TravellingFile = z.infer<typeof travellingFileSchema>;

/** One film to colour, as the queue holds it. It contains no credentials and no path of one machine only. */
export const reelJobSchema = z.strictObject({
  /** Version of the program that submitted it. Only workers of this version take it. */
  version: z.string(),
  input: z.strictObject({
    at: locationSchema,
    bytes: z.int().min(1),
    /** Identifies the content: `sha256:...`, or `etag:...` of an object. */
    content: z.string(),
    /** Time of the last change, ms; a file that changed since is read again. Absent for an object. */
    modifiedMs: z.number().optional(),
  }),
  output: z.strictObject({
    /** The folder for results. */
    folder: locationSchema,
    /** Path of the film inside it. */
    name: z.string(),
    /** Whether the film may replace a file with its name. */
    overwrite: z.boolean(),
  }),
  /** How the film is made. `model` and `embedding` are names of bundled models here. */
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** The user's own model and embedding, and the photo of a style. */
  files: z.strictObject({
    model: z.array(travellingFileSchema).optional(),
    embedding: travellingFileSchema.optional(),
    style: travellingFileSchema.optional(),
  }),
  /** Estimated from the container; absent if it does not say. */
  frames: z.int().min(1).optional(),
  /** The least length of a part, seconds; absent: the film is made in one piece. The film is the same. */
  splitSeconds: z.number().positive().optional(),
});
export type ReelJob = z.infer<typeof reelJobSchema>;

/** Options of a film that a job may have. Those that name paths or belong to one run are not among them. */
export type ReelOptions = Omit<
  FilmOptions,
  | 'overwrite'
  | 'skipFinished'
  | 'fresh'
  | 'contactSheet'
  | 'report'
  | 'dryRun'
  | 'frameRate'
  | 'skipBad'
  | 'identity'
>;

/** The result of a job, as the queue holds it. */
export const reelResultSchema = z.object({
  /** Frames of the film; absent if an earlier attempt had finished it. */
  frames: z.number().optional(),
  /** Frames that an earlier attempt had made. */
  resumedFrames: z.number(),
  bytes: z.number(),
  /** SHA-256 of the film, hexadecimal. */
  sha256: z.string(),
  fps: z.number(),
  wallS: z.number(),
  device: z.string(),
  /** How many parts the film was made in; absent: one piece. */
  parts: z.number().optional(),
  warnings: z.array(z.string()),
  damage: z.string().optional(),
});
export type ReelResult = z.infer<typeof reelResultSchema>;
