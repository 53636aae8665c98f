import type { SizePx } from '../../frame.ts';
import { PictureWatch } from './picture-watch.ts';

/** A change of the picture's form inside a film. */
export interface PictureChange {
  /** Size, pixel aspect or fields, in words. */
  readonly text: string;
  /** Time of the first changed frame, seconds on the source's own clock. */
  readonly atS: number;
}

/** Faults that the decoder reported. */
export interface Faults {
  /**
   * How many messages; it varies by one or two between runs. If another thread of ffmpeg writes a message into the
   * middle of a `showinfo` line, the message has no level and is not counted (1 in 100 of the first faults of films).
   */
  readonly count: number;
  /**
   * Time of the last frame before the first fault, give or take a few frames: ffmpeg decodes and filters in separate
   * threads.
   */
  readonly firstAtS: number | undefined;
}

export interface DecodeLogOptions {
  /**
   * The decoder starts in the middle of the film. Until its first frame it lacks earlier frames, which is not a fault
   * of the film.
   */
  readonly ignoreStart: boolean;
  /** Where recordings were joined, seconds: ffmpeg takes the packets there for corrupt, for their numbers do not follow. */
  readonly jumpsS?: readonly number[] | undefined;
  /** Faults before this frame are already known; its pts. */
  readonly sincePts?: number | undefined;
}

/** A frame, and how many faults came before the next one. */
interface FaultyPlace {
  readonly pts: number;
  readonly atS: number | undefined;
  count: number;
}

/** Parts of ffmpeg whose errors do not concern the film, only the processing of its frames. */
const ownParts = /^\[(?:nut|rawvideo|out#|vost#|vf#|Parsed_|auto_|graph|fc#|setpts|showinfo)/;
/** Warnings that mean a fault in the film. */
const faultyWarning = /corrupt decoded frame|corrupt input packet|concealing \d+/;
/** ffmpeg's demuxer and decoder run this far ahead of the frames that it shows, at most; seconds. */
const aheadS = 1;
/** One line of ffmpeg's `showinfo` filter. */
const shownFrame =
  /^\[Parsed_showinfo\S* @ \S+\] n: *\d+ pts: *(\S+) pts_time:(\S+) .* sar:(\S+) s:(\d+)x(\d+) i:(\S) /;

/**
 * Reads the log of a decoding ffmpeg. The `showinfo` filter logs the time and size of every frame, so each fault gets
 * the time of the last good frame before it, no matter how far behind the reader of the frames is.
 */
export class DecodeLog {
  /** The first line that reported a problem, including ffmpeg's own parts. It explains why no frame came. */
  firstProblem = '';
  private readonly places: FaultyPlace[] = [];
  private lastShown: { readonly pts: number; readonly atS: number } | undefined;
  private readonly watch = new PictureWatch();
  private readonly options: DecodeLogOptions;
  private readonly onChange: (change: PictureChange) => void;

  constructor(onChange: (change: PictureChange) => void, options: DecodeLogOptions) {
    this.onChange = onChange;
    this.options = options;
  }

  /** Faults that the demuxer and decoder reported before the frame with this pts; all faults if it is absent. */
  faultsBefore(pts = Infinity): Faults {
    const those = this.places.filter((place) => place.pts < pts);
    return { count: those.reduce((sum, { count }) => sum + count, 0), firstAtS: those[0]?.atS };
  }

  /** Takes one line: the level by ffmpeg's name, and the text with the part of ffmpeg in brackets. */
  line(level: string, text: string): void {
    const shown = level === 'info' ? shownFrame.exec(text) : null;
    if (shown !== null) {
      const [, pts, atS, , width, height] = shown.map(Number);
      if (Number.isFinite(pts) && Number.isFinite(atS)) this.lastShown = { pts: pts ?? 0, atS: atS ?? 0 };
      const size: SizePx = { widthPx: width ?? 0, heightPx: height ?? 0 };
      for (const text of this.watch.changes({ size, aspect: shown[3] ?? '', fields: shown[6] ?? '' }))
        this.onChange({ text, atS: this.lastShown?.atS ?? 0 });
    } else if (isProblem(level, text) && !this.isJoint(level)) this.problem(text);
  }

  /** Whether a warning is about the place where two recordings were joined. */
  private isJoint(level: string): boolean {
    const atS = this.lastShown?.atS ?? 0;
    const jumpsS = this.options.jumpsS ?? [];
    return level === 'warning' && jumpsS.some((jumpS) => atS <= jumpS && atS > jumpS - aheadS);
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
