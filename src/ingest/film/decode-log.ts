import type { SizePx } from '../../frame.ts';

/** A change of the picture's size inside a film. */
export interface SizeChange {
  readonly from: SizePx;
  readonly to: SizePx;
  /** Of the first frame of the new size, seconds on the source's own clock. */
  readonly atS: number;
}

/** Faults that were found. */
export interface Faults {
  /**
   * How many messages; from run to run it differs by one or two. A message that another thread of ffmpeg writes between
   * the parts of one of `showinfo`'s lines has no level and is not known as a fault (1 in 100 of a film's first fault).
   */
  readonly count: number;
  /** Time of the last frame before the first of them, to some frames: ffmpeg decodes and shows in threads of their own. */
  readonly firstAtS: number | undefined;
}

export interface DecodeLogOptions {
  /** The decoder begins inside the film: until its first frame it misses what came before, which is no fault of the film. */
  readonly ignoreStart: boolean;
  /** Faults before this frame are known already; its pts. */
  readonly sincePts?: number | undefined;
}

/** A frame, and how many faults followed it before the next one. */
interface FaultyPlace {
  readonly pts: number;
  readonly atS: number | undefined;
  count: number;
}

/** Parts of ffmpeg whose errors say nothing about the film: what we do with its frames. */
const ownParts = /^\[(?:nut|rawvideo|out#|vost#|vf#|Parsed_|auto_|graph|fc#|setpts|showinfo)/;
/** Warnings that are faults of the film. */
const faultyWarning = /corrupt decoded frame|corrupt input packet|concealing \d+/;
/** One line of ffmpeg's `showinfo` filter. */
const shownFrame = /^\[Parsed_showinfo\S* @ \S+\] n: *\d+ pts: *(\S+) pts_time:(\S+) .* s:(\d+)x(\d+) /;

/**
 * Reads the log of a decoding ffmpeg, in which the `showinfo` filter says every frame's time and size: so each fault
 * gets the time of the last good frame before it, however far our own reading is behind.
 */
export class DecodeLog {
  /** The first line that said something was wrong, with ffmpeg's own parts included: why nothing came at all. */
  firstProblem = '';
  private readonly places: FaultyPlace[] = [];
  private lastShown: { readonly pts: number; readonly atS: number } | undefined;
  private size: SizePx | undefined;
  private readonly options: DecodeLogOptions;
  private readonly onSizeChange: (change: SizeChange) => void;

  constructor(onSizeChange: (change: SizeChange) => void, options: DecodeLogOptions) {
    this.onSizeChange = onSizeChange;
    this.options = options;
  }

  /** Faults that the demuxer and decoder reported before the frame of this pts; absent: all. */
  faultsBefore(pts = Infinity): Faults {
    const those = this.places.filter((place) => place.pts < pts);
    return { count: those.reduce((sum, { count }) => sum + count, 0), firstAtS: those[0]?.atS };
  }

  /** Takes one line: its level as ffmpeg names it, its text with the part of ffmpeg in brackets. */
  line(level: string, text: string): void {
    const shown = level === 'info' ? shownFrame.exec(text) : null;
    if (shown !== null) {
      const [, pts, atS, width, height] = shown.map(Number);
      if (Number.isFinite(pts) && Number.isFinite(atS)) this.lastShown = { pts: pts ?? 0, atS: atS ?? 0 };
      this.frame({ widthPx: width ?? 0, heightPx: height ?? 0 });
    } else if (isProblem(level, text)) this.problem(text);
  }

  private frame(size: SizePx): void {
    const before = this.size;
    this.size = size;
    if (before === undefined || (before.widthPx === size.widthPx && before.heightPx === size.heightPx))
      return;
    this.onSizeChange({ from: before, to: size, atS: this.lastShown?.atS ?? 0 });
  }

  private problem(text: string): void {
    if (this.firstProblem === '') this.firstProblem = text.replace(/^(?:\[[^\]]* @ [^\]]*\] )+/, '');
    if (ownParts.test(text) || (this.options.ignoreStart && this.lastShown === undefined)) return;
    const pts = this.lastShown?.pts ?? -Infinity;
    if (pts < (this.options.sincePts ?? -Infinity)) return;
    const last = this.places.at(-1);
    if (last?.pts === pts) last.count++;
    else this.places.push({ pts, atS: this.lastShown?.atS, count: 1 });
  }
}

function isProblem(level: string, text: string): boolean {
  if (level === 'error' || level === 'fatal' || level === 'panic') return true;
  return level === 'warning' && faultyWarning.test(text);
}
