/** Prints an event as one line of JSON on standard output. */
export function printJson(event: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
