/** @returns what a text says in JSON; undefined when it is no JSON, for a schema to refuse */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
