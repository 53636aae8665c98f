import type { SizePx } from '../../frame.ts';
import { explainProblem, type Problem } from './explain-problem.ts';

/** One line of ffmpeg's `showinfo` filter: the shape of the source's own picture. */
const shownFrame = /^\[Parsed_showinfo\S* @ \S+\] n: *\d+ .* sar:(\S+) s:(\d+x\d+) /;
/** Lines that say less than a neighbouring line, or contain the whole URL. */
const emptyTalk =
  /Impossible to open|Conversion failed|Error opening (?:input|output) file|Error reinitializing filters|Failed to inject frame|Error while processing the decoded|Error parsing options|Failed to set value/;
const opened = /^Input #0, /;
const length = /^\s*Duration: (\d+):(\d+):([\d.]+)/;
const videoStream = /^\s*Stream #0:\d+.*: Video: (\w+)/;
const weights: Readonly<Record<Problem['weight'], number>> = { generic: 0, plain: 1, informing: 2 };

export interface LiveLogEvents {
  /** The source's picture changed its size or the shape of its pixels. */
  readonly onShapeChange: (from: string, to: string) => void;
  /** The source answered and named its streams; no picture has come yet. */
  readonly onOpened?: () => void;
  /** The size of the source's picture is known; only for square pixels. */
  readonly onSize?: (size: SizePx) => void;
}

/** Reads the log of a camera's ffmpeg: errors, and what ffmpeg says about the source's picture. */
export class LiveLog {
  /** The codec of the source's video by ffmpeg's name; undefined until the source is open. */
  codec: string | undefined;
  /** The length of a film, seconds; undefined for a camera. */
  durationS: number | undefined;
  private readonly events: LiveLogEvents;
  private problem: Problem | undefined;
  private shape: string | undefined;

  constructor(events: LiveLogEvents) {
    this.events = events;
  }

  /** The most specific error so far; may contain credentials. */
  get lastProblem(): string | undefined {
    return this.problem?.text;
  }

  /** The camera rejected the user: another attempt with the same password does not help. */
  get isRefused(): boolean {
    return this.problem?.isRefusal === true;
  }

  /** Forgets the errors before the first frame. */
  forgetProblem(): void {
    this.problem = undefined;
  }

  /** Takes one line: the level by ffmpeg's name, and the text with the part of ffmpeg in brackets. */
  line(level: string, text: string): void {
    if (level === 'info') this.info(text);
    else if (isError(level) && !emptyTalk.test(text)) this.take(explainProblem(withoutMarks(text)));
  }

  private take(problem: Problem): void {
    if (this.problem && weights[problem.weight] < weights[this.problem.weight]) return;
    this.problem = problem;
  }

  private info(text: string): void {
    if (opened.test(text)) this.events.onOpened?.();
    this.codec ??= videoStream.exec(text)?.[1];
    this.durationS ??= durationOf(text);
    const [, aspect, size] = shownFrame.exec(text) ?? [];
    if (aspect === undefined || size === undefined) return;
    const isSquare = aspect === '1/1' || aspect === '0/1';
    const [widthPx = NaN, heightPx = NaN] = size.split('x').map(Number);
    if (isSquare) this.events.onSize?.({ widthPx, heightPx });
    const shape = isSquare ? size : `${size} (pixels ${aspect})`;
    if (this.shape !== undefined && this.shape !== shape) this.events.onShapeChange(this.shape, shape);
    this.shape = shape;
  }
}

/** Whether ffmpeg gives up or skips something because of it. */
export function isError(level: string): boolean {
  return level === 'error' || level === 'fatal' || level === 'panic';
}

function durationOf(text: string): number | undefined {
  const [, hours, minutes, seconds] = length.exec(text) ?? [];
  if (hours === undefined) return undefined;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

function withoutMarks(text: string): string {
  return text
    .replace(/^(?:\[[^\]]* @ [^\]]*\] )+/, '')
    .replace(/^(?:pipe:0|Error opening input): /, '')
    .trim();
}
