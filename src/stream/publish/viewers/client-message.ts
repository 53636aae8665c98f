import { z } from 'zod';
import { cameraId } from '../../../config/schema.ts';
import { faultText } from '../fault-text.ts';
import { streamsAtMost, type ClientMessage } from '../protocol.ts';

const streamRequest = z.strictObject({
  camera: cameraId,
  mode: z.enum(['jpeg', 'fmp4']),
  heightPx: z.int().min(16).max(8640),
  fps: z.number().min(0.1).max(240).exactOptional(),
});

const watchMessage = z.strictObject({
  type: z.literal('watch'),
  streams: z
    .array(streamRequest)
    .max(streamsAtMost)
    .refine(
      (streams) => new Set(streams.map(({ camera }) => camera)).size === streams.length,
      'expected each camera only once',
    ),
});
const timeMessage = z.strictObject({ type: z.literal('time'), id: z.int() });
const typedMessage = z.looseObject({ type: z.enum(['watch', 'time']) });

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
  const typed = typedMessage.safeParse(json);
  if (!typed.success) return { fault: faultOf(typedMessage, json, typed.error) };
  const schema: z.ZodType<ClientMessage> = typed.data.type === 'watch' ? watchMessage : timeMessage;
  const result = schema.safeParse(json);
  return result.success ? { message: result.data } : { fault: faultOf(schema, json, result.error) };
}

function faultOf(schema: z.ZodType, json: unknown, error: z.ZodError): string {
  return faultText(schema, json, error).replaceAll('\n', '; ').slice(0, 300);
}
