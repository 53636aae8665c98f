/** What a line of ffmpeg's log says. */
export type LogListener = (level: string, text: string) => void;

const longestLine = 4096;

/**
 * Cuts ffmpeg's standard error into lines and takes the level off each (`-loglevel level`).
 * @returns takes the next piece of text, cut anywhere
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
