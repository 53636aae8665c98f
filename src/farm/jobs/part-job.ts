import { z } from 'zod';
import { reelJobSchema } from './reel-job.ts';

/** One part of a film, as the queue holds it. The plan is in the storage. */
export const partJobSchema = z.strictObject({
  /** Version of the program that planned it. Only workers of this version take it. */
  version: z.string(),
  /** Id of the film's job. */
  film: z.string(),
  /** The film. */
  reel: reelJobSchema,
  /** Fingerprint of the plan. */
  plan: z.string(),
  /** Its number in the plan: 0, 1, 2 ... */
  number: z.int().min(0),
  /** The number of all parts. */
  total: z.int().min(1),
});
export type PartJob = z.infer<typeof partJobSchema>;
