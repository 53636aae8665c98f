/** Prints an event as one line of JSON. */
export function printJson(stdout: NodeJS.WritableStream, event: Readonly<Record<string, unknown>>): void {
  stdout.write(`${JSON.stringify(event)}\n`);
}
