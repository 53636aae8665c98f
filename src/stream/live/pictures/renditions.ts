import { BehaviorSubject, Observable, Subject } from 'rxjs';
import { chromaSize, type SizePx } from '../../../frame.ts';
import { drawText } from '../../pixels/draw-text.ts';
import type { RenditionTask } from '../../pixels/camera/live-step.ts';
import type { Mask } from '../../pixels/mask.ts';
import { PictureBuffers, type PictureMemory } from './picture-pool.ts';
import type { Picture, PictureRequest } from './picture.ts';
import { SpanCache } from './span-cache.ts';

/**
 * At most this many pictures of one size are in use: one in the encoder, one waiting for it, one being made, one shown.
 */
const picturesOut = 5;
const markText = 'SYNTHETIC COLOUR';
/** In pictures below this height the mark is a single word, so that it does not cover the picture. */
const longMarkHeight = 400;
const shortMarkText = 'SYNTHETIC';
/** At this picture height the mark's glyphs (18 px) keep their size. */
const plainMarkHeight = 540;

interface Rendition {
  readonly request: PictureRequest;
  readonly isOriginal: boolean;
  readonly pictures$: Subject<Picture>;
  readonly pool: PictureBuffers;
  readonly spans: SpanCache;
  watchers: number;
  /** Those of the watchers that take JPEGs. */
  jpegWatchers: number;
  last: Picture | undefined;
}

/** The frame that pictures come from; `isReduced`: the camera may have more lines. */
type PictureAbout = Pick<Picture, 'sequence' | 'capturedMs' | 'isRepeat' | 'isOwnColor' | 'isReduced'>;

/** A rendition that is being made of the current frame. */
export interface PreparedRendition {
  readonly task: RenditionTask;
  readonly memory: PictureMemory;
  readonly rendition: Rendition;
}

export interface RenditionsOptions {
  readonly camera: string;
  /** Whether marked pictures get the mark. */
  readonly hasVisibleMark: boolean;
  /** As ffmpeg's `-q:v`. */
  readonly jpegQuality: number;
  /** No buffer was free, because the encoder of this size is slow. */
  readonly onDrop: () => void;
  /** A viewer asks for a size that no other viewer had. */
  readonly onWanted: () => void;
}

/** The sizes in which viewers currently watch a camera. Each picture is made once for all viewers of its size. */
export class Renditions {
  private readonly options: RenditionsOptions;
  private readonly renditions = new Map<string, Rendition>();
  private readonly wanted$ = new BehaviorSubject(0);
  /** Size of the last frame. */
  private frame: SizePx = { widthPx: 1280, heightPx: 720 };

  constructor(options: RenditionsOptions) {
    this.options = options;
  }

  /** The greatest height that anybody asks for, pixels; 0 if nobody watches. Emits the current one first. */
  get wantedHeightPx$(): Observable<number> {
    return this.wanted$.asObservable();
  }

  /** Whether anybody watches. */
  get isWanted(): boolean {
    return this.renditions.size > 0;
  }

  /** Pictures of one kind and size. They are made only while there is a subscriber. */
  pictures$(request: PictureRequest, isOriginal = false): Observable<Picture> {
    return this.watch(request, isOriginal, false);
  }

  /** The same, for a subscriber who takes JPEGs. A picture has one unless a mark is drawn into it afterwards. */
  jpegPictures$(request: PictureRequest): Observable<Picture> {
    return this.watch(request, false, true);
  }

  /** Returns a buffer for every size that viewers watch. A size whose buffers are all in use misses this frame. */
  prepare(frame: SizePx, masks: readonly Mask[]): PreparedRendition[] {
    return this.prepareEach([...this.renditions.values()], frame, masks);
  }

  /** The same, but only for sizes that have no picture yet. */
  prepareMissing(frame: SizePx, masks: readonly Mask[]): PreparedRendition[] {
    const missing = [...this.renditions.values()].filter(({ last }) => last === undefined);
    return this.prepareEach(missing, frame, masks);
  }

  /**
   * Hands a frame's finished pictures to their subscribers. Subscribers that get OFFLINE cards do not get a repeated
   * picture, because it would set their clock back. It appears below the next card.
   */
  publish(
    prepared: readonly PreparedRendition[],
    about: PictureAbout,
    jpegs: readonly (Uint8Array | undefined)[] = [],
  ): void {
    for (const [i, { rendition, memory }] of prepared.entries()) {
      const isReduced = about.isReduced === true && memory.size.heightPx < rendition.request.heightPx;
      const picture = rendition.pool.picture(memory, {
        camera: this.options.camera,
        ...about,
        isReduced,
        jpeg: jpegs[i],
      });
      if (this.isMarked(rendition) && about.isOwnColor !== true) drawMark(picture);
      this.emit(rendition, picture);
    }
  }

  /** Takes back the buffers of a frame that could not be made. */
  abandon(prepared: readonly PreparedRendition[]): void {
    for (const { rendition, memory } of prepared) rendition.pool.release(memory);
  }

  /** Forgets the last pictures, which must not be shown any more. */
  forget(): void {
    for (const rendition of this.renditions.values()) {
      rendition.last?.release();
      rendition.last = undefined;
    }
  }

  /**
   * Shows a card over the last picture to viewers that no other message reaches, those of marked and original pictures.
   * @param about - `sequence` and `capturedMs` keep increasing, so that encoders and players continue
   */
  publishCard(lines: readonly string[], about: PictureAbout): void {
    for (const rendition of this.renditions.values()) {
      if (!getsCards(rendition)) continue;
      const size = rendition.last?.size ?? fitHeight(this.frame, rendition.request.heightPx);
      const memory = rendition.pool.acquire(size);
      if (!memory) continue;
      const picture = rendition.pool.picture(memory, { camera: this.options.camera, ...about });
      const luma = size.widthPx * size.heightPx;
      if (rendition.last) picture.data.set(rendition.last.data);
      else picture.data.fill(128, luma).fill(32, 0, luma);
      drawText(picture.data, size, lines, 'centre', Math.max(1, Math.round(size.heightPx / 360)));
      rendition.pictures$.next(picture);
      picture.release();
    }
  }

  /** Ends every subscription, because the camera is removed. */
  complete(): void {
    for (const { pictures$ } of [...this.renditions.values()]) pictures$.complete();
  }

  private watch(request: PictureRequest, isOriginal: boolean, isForJpeg: boolean): Observable<Picture> {
    const key = `${request.heightPx} ${request.isMarked} ${isOriginal}`;
    return new Observable((subscriber) => {
      let rendition = this.renditions.get(key);
      const isNew = rendition === undefined;
      rendition ??= {
        request,
        isOriginal,
        pictures$: new Subject<Picture>(),
        pool: new PictureBuffers(picturesOut),
        spans: new SpanCache(),
        watchers: 0,
        jpegWatchers: 0,
        last: undefined,
      };
      this.renditions.set(key, rendition);
      this.wanted$.next(this.wantedHeightPx());
      rendition.watchers++;
      if (isForJpeg) rendition.jpegWatchers++;
      subscriber.add(rendition.pictures$.subscribe(subscriber));
      subscriber.add(() => this.leave(key, isForJpeg));
      if (isNew) this.options.onWanted();
    });
  }

  private prepareEach(
    renditions: readonly Rendition[],
    frame: SizePx,
    masks: readonly Mask[],
  ): PreparedRendition[] {
    this.frame = frame;
    const prepared: PreparedRendition[] = [];
    for (const rendition of renditions) {
      const size = fitHeight(frame, rendition.request.heightPx);
      const memory = rendition.pool.acquire(size);
      if (!memory) {
        this.options.onDrop();
        continue;
      }
      const task = {
        memory: memory.memory,
        size,
        isOriginal: rendition.isOriginal,
        maskedChroma: rendition.spans.spansOf(masks, chromaSize(size, '420')),
        jpegQuality: this.jpegQualityOf(rendition),
      };
      prepared.push({ task, memory, rendition });
    }
    return prepared;
  }

  /** Marks are drawn after a picture is made, so a JPEG of it comes later. */
  private jpegQualityOf(rendition: Rendition): number | undefined {
    const isWanted = rendition.jpegWatchers > 0 && !this.isMarked(rendition);
    return isWanted ? this.options.jpegQuality : undefined;
  }

  private isMarked({ request, isOriginal }: Rendition): boolean {
    return request.isMarked && this.options.hasVisibleMark && !isOriginal;
  }

  private emit(rendition: Rendition, picture: Picture): void {
    if (rendition.watchers === 0) {
      picture.release(); // the last subscriber left while the frame was being made
      return;
    }
    rendition.last?.release();
    rendition.last = picture;
    if (picture.isRepeat === true && getsCards(rendition)) return;
    rendition.pictures$.next(picture);
  }

  private leave(key: string, isForJpeg: boolean): void {
    const rendition = this.renditions.get(key);
    if (!rendition) return;
    rendition.watchers--;
    if (isForJpeg) rendition.jpegWatchers--;
    if (rendition.watchers > 0) return;
    rendition.last?.release();
    rendition.last = undefined;
    this.renditions.delete(key);
    this.wanted$.next(this.wantedHeightPx());
  }

  private wantedHeightPx(): number {
    return Math.max(0, ...[...this.renditions.values()].map(({ request }) => request.heightPx));
  }
}

/** A frame's size at a height. It is never enlarged, and its sides are even. */
export function fitHeight(frame: SizePx, heightPx: number): SizePx {
  const height = Math.min(heightPx, frame.heightPx);
  const even = (value: number): number => Math.max(2, Math.round(value / 2) * 2);
  return { widthPx: even((frame.widthPx * height) / frame.heightPx), heightPx: even(height) };
}

function getsCards({ request, isOriginal }: Rendition): boolean {
  return request.isMarked || isOriginal;
}

/** Draws the mark into a coloured picture. A gray picture has no synthetic colour, so it gets none. */
function drawMark({ data, size }: Picture): void {
  if (isGray(data, size)) return;
  const scale = Math.max(1, Math.round(size.heightPx / plainMarkHeight));
  const text = size.heightPx < longMarkHeight ? shortMarkText : markText;
  drawText(data, size, [text], 'bottom-left', scale);
}

function isGray(data: Uint8Array, { widthPx, heightPx }: SizePx): boolean {
  for (let i = widthPx * heightPx; i < data.length; i++) if (data[i] !== 128) return false;
  return true;
}
