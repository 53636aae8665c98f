import type { SizePx } from '../frame.ts';

/** A change of the picture's size inside a film. */
export interface SizeChange {
  readonly from: SizePx;
  readonly to: SizePx;
  /** Of the first frame of the new size, seconds on the source's own clock. */
  readonly atS: number;
}

/** Parts of ffmpeg whose errors say nothing about the film: what we do with its frames. */
const ownParts = /^\[(?:nut|rawvideo|out#|vost#|vf#|Parsed_|auto_|graph|fc#|setpts|showinfo)/;
/** Warnings that are faults of the film. */
const faultyWarning = /corrupt decoded frame|corrupt input packet|concealing \d+/;
/** One line of ffmpeg's `showinfo` filter. */
const shownFrame = /^\[Parsed_showinfo\S* @ \S+\] n: *\d+ pts: *\S+ pts_time:(\S+) .* s:(\d+)x(\d+) /;

/**
 * Reads the log of a decoding ffmpeg, in which the `showinfo` filter says every frame's time and size: so each fault
 * gets the time of the last good frame before it, however far our own reading is behind.
 */
export class DecodeLog {
  /** Faults that the demuxer and decoder reported. */
  faults = 0;
  /** Time of the last frame before the first fault; undefined when no frame or no fault came. */
  firstFaultAtS: number | undefined;
  /** The first line that said something was wrong, with ffmpeg's own parts included: why nothing came at all. */
  firstProblem = '';
  private lastShownS: number | undefined;
  private size: SizePx | undefined;
  private readonly ignoreStart: boolean;
  private readonly onSizeChange: (change: SizeChange) => void;

  /**
   * @param options.ignoreStart - the decoder begins inside the film: until its first frame it misses what came before,
   *   which is no fault of the film
   */
  constructor(onSizeChange: (change: SizeChange) => void, options: { ignoreStart: boolean }) {
    this.onSizeChange = onSizeChange;
    this.ignoreStart = options.ignoreStart;
  }

  /** Takes one line: its level as ffmpeg names it, its text with the part of ffmpeg in brackets. */
  line(level: string, text: string): void {
    const shown = level === 'info' ? shownFrame.exec(text) : null;
    if (shown !== null)
      this.frame(Number(shown[1]), { widthPx: Number(shown[2]), heightPx: Number(shown[3]) });
    else if (isProblem(level, text)) this.problem(text);
  }

  private frame(atS: number, size: SizePx): void {
    if (Number.isFinite(atS)) this.lastShownS = atS;
    const before = this.size;
    this.size = size;
    if (before === undefined || (before.widthPx === size.widthPx && before.heightPx === size.heightPx))
      return;
    this.onSizeChange({ from: before, to: size, atS: this.lastShownS ?? 0 });
  }

  private problem(text: string): void {
    if (this.firstProblem === '') this.firstProblem = text.replace(/^(?:\[[^\]]* @ [^\]]*\] )+/, '');
    if (ownParts.test(text) || (this.ignoreStart && this.lastShownS === undefined)) return;
    if (this.faults === 0) this.firstFaultAtS = this.lastShownS;
    this.faults++;
  }
}

function isProblem(level: string, text: string): boolean {
  if (level === 'error' || level === 'fatal' || level === 'panic') return true;
  return level === 'warning' && faultyWarning.test(text);
}
