/**
 * Parses JSON that a schema will check.
 * @returns undefined if the text is not JSON
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
