import { z } from 'zod';
import { cameraId } from '../../../config/schema.ts';
import { streamsAtMost, type ClientMessage } from '../protocol.ts';

const streamRequest = z.strictObject({
  camera: cameraId,
  mode: z.enum(['jpeg', 'fmp4']),
  heightPx: z.int().min(16).max(8640),
  fps: z.number().min(0.1).max(240).exactOptional(),
});

const clientMessage: z.ZodType<ClientMessage> = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('watch'),
    streams: z
      .array(streamRequest)
      .max(streamsAtMost)
      .refine(
        (streams) => new Set(streams.map(({ camera }) => camera)).size === streams.length,
        'expected each camera only once',
      ),
  }),
  z.strictObject({ type: z.literal('time'), id: z.int() }),
]);

/**
 * Parses a viewer's message.
 * @returns the message, or what is wrong with it, for the viewer
 */
export function parseClientMessage(
  data: Buffer,
  isBinary: boolean,
): { readonly message: ClientMessage } | { readonly fault: string } {
  if (isBinary) return { fault: 'expected text but got a binary message' };
  let json: unknown;
  try {
    json = JSON.parse(data.toString('utf8'));
  } catch {
    return { fault: 'expected JSON' };
  }
  const result = clientMessage.safeParse(json);
  if (result.success) return { message: result.data };
  const faults = result.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.')}: ${message}`);
  return { fault: faults.join('; ').slice(0, 300) };
}
