/** One line of ffmpeg's `showinfo` filter: the shape of the source's own picture. */
const shownFrame = /^\[Parsed_showinfo\S* @ \S+\] n: *\d+ .* sar:(\S+) s:(\d+x\d+) /;
/** Lines that say less than the line before or after them, or carry the whole URL. */
const emptyTalk =
  /Impossible to open|Conversion failed|Error opening (?:input|output) file|Error reinitializing filters|Failed to inject frame|Error while processing the decoded|Error parsing options|Failed to set value/;
const noVideo = /Stream map .* matches no streams|does not contain any stream/;

/** Reads the log of a camera's ffmpeg: what went wrong last, and whether the source's picture changed its shape. */
export class LiveLog {
  /** The last error, without ffmpeg's own marks; not redacted. */
  lastProblem: string | undefined;
  private readonly onShapeChange: (from: string, to: string) => void;
  private shape: string | undefined;

  constructor(onShapeChange: (from: string, to: string) => void) {
    this.onShapeChange = onShapeChange;
  }

  /** Takes one line: its level as ffmpeg names it, its text with the part of ffmpeg in brackets. */
  line(level: string, text: string): void {
    if (level === 'info') this.showinfo(text);
    else if (isError(level) && noVideo.test(text)) this.lastProblem = 'the source has no video';
    else if (isError(level) && !emptyTalk.test(text)) this.lastProblem = withoutMarks(text);
  }

  private showinfo(text: string): void {
    const [, aspect, size] = shownFrame.exec(text) ?? [];
    if (aspect === undefined || size === undefined) return;
    const shape = aspect === '1/1' || aspect === '0/1' ? size : `${size} (pixels ${aspect})`;
    if (this.shape !== undefined && this.shape !== shape) this.onShapeChange(this.shape, shape);
    this.shape = shape;
  }
}

/** Whether ffmpeg gives up, or skips something, for it. */
export function isError(level: string): boolean {
  return level === 'error' || level === 'fatal' || level === 'panic';
}

function withoutMarks(text: string): string {
  return text
    .replace(/^(?:\[[^\]]* @ [^\]]*\] )+/, '')
    .replace(/^(?:pipe:0|Error opening input): /, '')
    .trim();
}
