import type { FieldOrder, SizePx } from '../../frame.ts';
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
   * The number of messages, which varies by one or two between runs. If another thread of ffmpeg writes a message into
   * the middle of a `showinfo` line, the message has no level and is not counted (1 in 100 of the first faults of
   * films).
   */
  readonly count: number;
  /**
   * The time of the last frame before the first fault, to within a few frames: ffmpeg decodes and filters in separate
   * threads.
   */
  readonly firstAtS: number | undefined;
}

export interface DecodeLogOptions {
  /**
   * The decoder starts in the middle of the film. Until its first frame it misses earlier frames, which is not a fault
   * of the film.
   */
  readonly ignoreStart: boolean;
  /**
   * Where recordings were joined, seconds. ffmpeg reports the packets there as corrupt, because their numbers do not
   * follow.
   */
  readonly jumpsS?: readonly number[] | undefined;
  /** What frames without a mark count as; undefined: the caller does not need to know whether frames are interlaced. */
  readonly unmarkedFields: FieldOrder | undefined;
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
/** ffmpeg's demuxer and decoder are at most this far ahead of the frames that it logs; seconds. */
const aheadS = 1;
/** ffmpeg's letters for interlaced frames. */
const markedFields: Readonly<Record<string, FieldOrder>> = { T: 'top-first', B: 'bottom-first' };
/** A packet whose number does not follow the previous one: packets are missing, or recordings were joined. */
const brokenNumbers = /corrupt input packet/;
/**
 * If the distance to the next frame is this many times longer than the previous distance, frames are missing. ffmpeg's
 * decoder may drop the last frame of a recording that another one follows.
 */
const gapFactor = 2.5;
/** One line of ffmpeg's `showinfo` filter. */
const shownFrame =
  /^\[Parsed_showinfo\S* @ \S+\] n: *\d+ pts: *(\S+) pts_time:(\S+) .* sar:(\S+) s:(\d+)x(\d+) i:(\S) /;

/**
 * Reads the log of a decoding ffmpeg. The `showinfo` filter logs the time and size of every frame, so each fault gets
 * the time of the last good frame before it, no matter how far behind the reader of the frames is.
 */
export class DecodeLog {
  /** The first line that reported a problem, ffmpeg's own parts included. It explains why there was no frame. */
  firstProblem = '';
  private readonly places: FaultyPlace[] = [];
  /** A gap in the packets' numbers. It counts as a fault only if frames near it are damaged or missing. */
  private doubt: FaultyPlace | undefined;
  private stepS = 0;
  private lastShown: { readonly pts: number; readonly atS: number } | undefined;
  /** Frames that were logged but not yet requested. */
  private readonly marks: { readonly pts: number; readonly fields: FieldOrder }[] = [];
  private lastMark: FieldOrder | undefined;
  private isEnded = false;
  private wake = (): void => undefined;
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

  /**
   * How the frame with this pts is interlaced. ffmpeg logs a frame before it writes it, but the log may be read later.
   * Call it for the frames in order.
   */
  async fieldsOf(pts: number): Promise<FieldOrder> {
    for (;;) {
      while ((this.marks[0]?.pts ?? Infinity) <= pts) {
        const mark = this.marks.shift();
        this.lastMark = mark?.fields;
        if (mark?.pts === pts) return mark.fields;
      }
      // The line of this frame was broken by another one.
      if (this.marks.length > 0 || this.isEnded)
        return this.lastMark ?? this.options.unmarkedFields ?? 'progressive';
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** No line follows. */
  end(): void {
    this.isEnded = true;
    this.wake();
  }

  /** Takes one line: the level by ffmpeg's name, and the text with the part of ffmpeg in brackets. */
  line(level: string, text: string): void {
    const shown = level === 'info' ? shownFrame.exec(text) : null;
    if (shown !== null) {
      const [, pts, atS, , width, height] = shown.map(Number);
      if (Number.isFinite(pts) && Number.isFinite(atS)) this.show(pts ?? 0, atS ?? 0, shown[6] ?? 'P');
      const size: SizePx = { widthPx: width ?? 0, heightPx: height ?? 0 };
      for (const text of this.watch.changes({ size, aspect: shown[3] ?? '', fields: shown[6] ?? '' }))
        this.onChange({ text, atS: this.lastShown?.atS ?? 0 });
    } else if (isProblem(level, text) && !this.isJoint(level)) this.problem(text);
  }

  private show(pts: number, atS: number, mark: string): void {
    const stepS = atS - (this.lastShown?.atS ?? atS);
    const doubtS = this.doubt?.atS ?? -Infinity;
    if (this.stepS > 0 && stepS > gapFactor * this.stepS) this.confirm();
    else if (atS > doubtS + aheadS) this.doubt = undefined;
    this.stepS = stepS;
    this.lastShown = { pts, atS };
    const { unmarkedFields } = this.options;
    if (unmarkedFields === undefined) return;
    this.marks.push({ pts, fields: markedFields[mark] ?? unmarkedFields });
    this.wake();
  }

  /** Whether a warning is about a place where two recordings were joined. */
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
    if (brokenNumbers.test(text) && this.lastShown !== undefined) {
      this.doubt ??= { pts, atS: this.lastShown.atS, count: 1 };
      return;
    }
    this.confirm();
    this.add({ pts, atS: this.lastShown?.atS, count: 1 });
  }

  /** The gap in the numbers has damaged frames. */
  private confirm(): void {
    if (this.doubt !== undefined) this.add(this.doubt);
    this.doubt = undefined;
  }

  private add(place: FaultyPlace): void {
    const last = this.places.at(-1);
    if (last?.pts === place.pts) last.count += place.count;
    else this.places.push(place);
  }
}

function isProblem(level: string, text: string): boolean {
  if (level === 'error' || level === 'fatal' || level === 'panic') return true;
  return level === 'warning' && faultyWarning.test(text);
}
