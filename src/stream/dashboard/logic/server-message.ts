import type { ServerMessage } from '../../publish/protocol.ts';

const types: readonly ServerMessage['type'][] = ['hello', 'cameras', 'status', 'format', 'time', 'error'];

/**
 * Reads a text message.
 * @returns undefined for what is no JSON or of a type that this page does not know
 */
export function parseServerMessage(text: string): ServerMessage | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isServerMessage(value) ? value : undefined;
  } catch {
    return undefined; // from a newer server; what it lacks is seen by the missing pictures
  }
}

// The server is ours and of the same version (`hello` says which), so that the type decides the rest.
function isServerMessage(value: unknown): value is ServerMessage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    types.some((type) => type === value.type)
  );
}
