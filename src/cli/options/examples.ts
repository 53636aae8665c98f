/**
 * Formats the examples below a command's help.
 * @param lines - command lines, as the user types them
 */
export function examples(...lines: readonly string[]): string {
  return ['\nExamples:', ...lines.map((line) => `  ${line}`)].join('\n');
}
