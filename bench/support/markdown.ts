/**
 * Writes a markdown table; a bar inside a cell is escaped.
 * @param header - names of the columns
 * @param rows - as many cells each as the header
 * @returns lines without a newline at the end
 */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
