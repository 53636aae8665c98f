/** What a line of ffmpeg's log says. */
export type LogListener = (level: string, text: string) => void;

const longestLine = 4096;

/**
 * Splits ffmpeg's standard error into lines and parses the level of each (`-loglevel level`).
 * @returns a function that takes the next piece of text, cut at any point
 */
export function logLines(onLine: LogListener): (text: string) => void {
  let partial = '';
  return (text) => {
    const lines = (partial + text).split(/[\r\n]+/);
    partial = (lines.pop() ?? '').slice(-longestLine);
    for (const line of lines) {
      const match = /^((?:\[[^\]]* @ [^\]]*\] )*)\[(\w+)\] (.*)$/.exec(line);
      if (match) onLine(match[2] ?? 'info', `${match[1] ?? ''}${match[3] ?? ''}`);
      else if (line !== '') onLine('info', line);
    }
  };
}
