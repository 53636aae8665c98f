import type { ServerMessage } from '../../publish/protocol.ts';

const types: readonly ServerMessage['type'][] = ['hello', 'cameras', 'status', 'format', 'time', 'error'];

/**
 * Parses a text message.
 * @returns undefined if it is not JSON, or of a type that this page does not know
 */
export function parseServerMessage(text: string): ServerMessage | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isServerMessage(value) ? value : undefined;
  } catch {
    return undefined; // a newer server may send what this page does not understand
  }
}

// The server has the same version as the page (`hello` says which), so the type decides the rest.
function isServerMessage(value: unknown): value is ServerMessage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    types.some((type) => type === value.type)
  );
}
