import { z } from 'zod';
import { cameraId, livelinessSchema, masksSchema } from '../../../config/schema.ts';

/** What one machine asks of another one; the request is signed. */
export const cameraCall = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['pause', 'resume', 'remove']), camera: cameraId }),
  z.strictObject({
    kind: z.literal('override'),
    camera: cameraId,
    settings: z.strictObject({
      masks: masksSchema.exactOptional(),
      liveliness: livelinessSchema.exactOptional(),
    }),
  }),
  /** A user has signed out; `key` is a digest of the session. */
  z.strictObject({ kind: z.literal('signed out'), key: z.string().max(64) }),
]);

export type CameraCall = z.infer<typeof cameraCall>;
