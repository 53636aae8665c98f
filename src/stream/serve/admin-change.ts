import { z } from 'zod';
import { livelinessSchema, masksSchema } from '../../config/schema.ts';

/** What administrators have changed of one camera; nothing: it is as the config says. */
export const adminChange = z.strictObject({
  /** The settings of a camera that is not in the config. */
  added: z.record(z.string(), z.unknown()).exactOptional(),
  /** The config's camera is removed. */
  removed: z.literal(true).exactOptional(),
  paused: z.literal(true).exactOptional(),
  masks: masksSchema.exactOptional(),
  liveliness: livelinessSchema.exactOptional(),
});

export type AdminChange = z.infer<typeof adminChange>;
