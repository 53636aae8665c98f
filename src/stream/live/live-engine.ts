import { wholeRect, type SizePx } from '../../frame.ts';
import { pixelMath } from '../pixels/pixel-math.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import type { Metrics } from './metrics.ts';

/** A picture that waits for colour. */
export interface ColorRequest {
  /** Cameras with the same object share its calls. */
  readonly network: Pick<Colorizer, 'colorize'>;
  readonly size: SizePx;
  readonly temperature?: number | undefined;
  readonly liveliness?: number | undefined;
  /** `[h * w]` full-range luma; the engine owns it from now on. */
  readonly picture: Uint8Array;
  /** The frame itself, for an imported network; the engine owns it from now on. Absent: the small picture is enough. */
  readonly full?: FullLuma | undefined;
  /** `[256]` */
  readonly condition: Float32Array;
  /** Share of the picture that moves, is new, or has no colour yet, 0..1 and up. Default: 0. */
  readonly need?: number;
}

/** A copy of a frame's luma: full-range bytes, `[heightPx * widthPx]`. */
export interface FullLuma {
  readonly luma: Uint8Array;
  readonly size: SizePx;
}

/** What a newer frame replaces in a request that waits. */
export type NewerPicture = Pick<ColorRequest, 'picture' | 'full' | 'condition' | 'need'>;

/** One camera's entry in the queue. */
export interface Ticket {
  /** The network's answer; undefined if the ticket was cancelled or the call failed. */
  readonly answer: Promise<Float32Array | undefined>;
  /**
   * Replaces the waiting picture with a newer one.
   * @returns false if the network already works on the older one; it then answers that one
   */
  renew(newer: NewerPicture): boolean;
  /** Leaves the queue. An answer on its way is dropped. */
  cancel(): void;
}

export interface LiveEngineOptions {
  /** Maximum number of pictures in one call. */
  readonly batchSize: number;
  /** Maximum time that a picture waits for others to join its call, ms. */
  readonly maxWaitMs: number;
  readonly metrics?: Pick<Metrics, 'batchSize' | 'engineSeconds' | 'engineQueue' | 'paletteQueue'>;
  readonly onError: (error: unknown) => void;
}

/** Pause after a failed call, ms. */
const pauseAfterErrorMs = 1000;
/** A picture of which nothing moves counts as if this share of it did, so it gets its turn. */
const leastNeed = 0.1;

interface Waiting {
  request: ColorRequest;
  readonly sinceMs: number;
  readonly resolve: (answer: Float32Array | undefined) => void;
}

/** Work that runs between calls. */
interface SideWork {
  readonly sinceMs: number;
  /** it never fails */
  readonly begin: () => Promise<void>;
}

/**
 * One queue for all cameras, with the two settings of DeepStream's stream muxer: a call of the network starts when it
 * is full, or when its oldest picture has waited long enough. While a call runs, the next one fills.
 *
 * The queue is fair: each camera has one ticket at a time. The next call takes the tickets that need it most: waiting
 * time counts, and it counts more if more of the picture moves or is new. The queue is up to date, because a waiting
 * ticket takes a newer picture, and it is bounded by the number of cameras. Work for palettes waits in a separate queue
 * with the same bound and runs between two calls, so that pictures without colour do not wait for the palettes of all
 * cameras.
 */
export class LiveEngine implements Disposable {
  private readonly options: LiveEngineOptions;
  private readonly queue: Waiting[] = [];
  private readonly side: SideWork[] = [];
  private isRunning = false;
  /** Whether side work ran last; then pictures have the next turn. */
  private wasSide = true;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: LiveEngineOptions) {
    this.options = options;
  }

  /** Joins the queue. The caller must not hold more than one ticket per camera. */
  ask(request: ColorRequest): Ticket {
    let resolve: Waiting['resolve'] = () => undefined;
    const answer = new Promise<Float32Array | undefined>((done) => (resolve = done));
    if (this.isClosed) {
      resolve(undefined);
      return { answer, renew: () => false, cancel: () => undefined };
    }
    const waiting: Waiting = { request, sinceMs: performance.now(), resolve };
    this.queue.push(waiting);
    this.countWaiting();
    this.pump();
    return {
      answer,
      renew: ({ picture, full, condition, need = 0 }) => {
        if (!this.queue.includes(waiting)) return false;
        const most = Math.max(waiting.request.need ?? 0, need); // what was new stays without an answer
        waiting.request = { ...waiting.request, picture, full, condition, need: most };
        return true;
      },
      cancel: () => {
        remove(waiting, this.queue);
        this.countWaiting();
        resolve(undefined);
      },
    };
  }

  /**
   * Runs other work that needs the device, one piece at a time, between two calls of the network.
   * @param signal - if it aborts first, the work does not start
   * @returns the result of the work; it never settles once the engine is closed
   * @throws what the work throws, or the signal's reason
   */
  async between<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    return new Promise<T>((resolve, reject) => {
      const begin = (): Promise<void> => {
        signal.removeEventListener('abort', leave);
        return work().then(resolve, reject);
      };
      const waiting = { sinceMs: performance.now(), begin };
      const leave = (): void => {
        remove(waiting, this.side);
        this.countWaiting();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.side.push(waiting);
      this.countWaiting();
      this.pump();
    });
  }

  /** Number of waiting pictures. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Stops answering. */
  [Symbol.dispose](): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.side.length = 0;
    for (const { resolve } of this.queue.splice(0)) resolve(undefined);
  }

  private pump(): void {
    if (this.isRunning || this.isClosed) return;
    clearTimeout(this.timer);
    const side = this.nextSide();
    if (side) {
      remove(side, this.side);
      this.countWaiting();
      this.start(side.begin(), true);
      return;
    }
    const batch = this.nextBatch();
    const [oldest] = this.queue;
    if (!oldest) return;
    const leftMs = oldest.sinceMs + this.options.maxWaitMs - performance.now();
    if (batch.length < this.options.batchSize && leftMs > 0) {
      this.timer = setTimeout(() => this.pump(), leftMs);
      return;
    }
    for (const waiting of batch) remove(waiting, this.queue);
    this.countWaiting();
    this.start(this.run(batch), false);
  }

  private countWaiting(): void {
    this.options.metrics?.engineQueue.set(this.queue.length);
    this.options.metrics?.paletteQueue.set(this.side.length);
  }

  /**
   * The side work whose turn it is. It follows the pictures that came before it, and takes turns with those that came
   * later.
   */
  private nextSide(): SideWork | undefined {
    const [waiting] = this.side;
    const [oldest] = this.queue;
    if (!waiting || !oldest) return waiting;
    return !this.wasSide && waiting.sinceMs < oldest.sinceMs ? waiting : undefined;
  }

  /** @param work - never fails */
  private start(work: Promise<void>, isSide: boolean): void {
    this.isRunning = true;
    this.wasSide = isSide;
    void work.finally(() => {
      this.isRunning = false;
      this.pump();
    });
  }

  /** The picture with the greatest need, and those that can share its call, by their need. */
  private nextBatch(): Waiting[] {
    const nowMs = performance.now();
    const byNeed = this.queue.toSorted((a, b) => urgency(b, nowMs) - urgency(a, nowMs));
    return byNeed
      .filter(({ request }, _, [first]) => first !== undefined && canShare(request, first.request))
      .slice(0, this.options.batchSize);
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (!first) return;
    const { network, size, temperature, liveliness } = first.request;
    const startMs = performance.now();
    try {
      const answers = await network.colorize({
        pictures: batch.map(({ request }) => request.picture),
        conditions: batch.map(({ request }) => request.condition),
        size,
        temperature,
        liveliness,
        ...(first.request.full && { lumaAt: (i: number, to: SizePx) => lumaAt(batch[i]?.request, to) }),
      });
      this.options.metrics?.batchSize.observe(batch.length);
      this.options.metrics?.engineSeconds.observe((performance.now() - startMs) / 1000);
      batch.forEach(({ resolve }, i) => resolve(answers[i]));
    } catch (error) {
      for (const { resolve } of batch) resolve(undefined);
      if (this.isClosed) return;
      this.options.onError(error);
      await new Promise((resume) => setTimeout(resume, pauseAfterErrorMs));
    }
  }
}

/** The frame's luma in the size of an imported network. */
function lumaAt(request: ColorRequest | undefined, to: SizePx): Promise<Uint8Array> {
  if (!request?.full) throw new RangeError('the network asked for a picture that it was not given');
  const { luma, size } = request.full;
  const out = new Uint8Array(to.widthPx * to.heightPx);
  pixelMath().shrink(luma, { ...size, bitDepth: 8, range: 'full' }, wholeRect(size), 'all', out, to);
  return Promise.resolve(out);
}

function urgency({ request, sinceMs }: Waiting, nowMs: number): number {
  return (nowMs - sinceMs) * (leastNeed + (request.need ?? 0));
}

/** Removes an item. A missing item is no fault, because a closed engine has forgotten everything. */
function remove<T>(item: T, from: T[]): void {
  const at = from.indexOf(item);
  if (at >= 0) from.splice(at, 1);
}

function canShare(a: ColorRequest, b: ColorRequest): boolean {
  return (
    a.network === b.network &&
    a.temperature === b.temperature &&
    a.liveliness === b.liveliness &&
    a.size.widthPx === b.size.widthPx &&
    a.size.heightPx === b.size.heightPx
  );
}
