import type { SizePx } from '../../frame.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import type { Metrics } from './metrics.ts';

/** A picture that wants colour. */
export interface ColorRequest {
  /** Cameras with the same object share its calls. */
  readonly network: Pick<Colorizer, 'colorize'>;
  readonly size: SizePx;
  readonly temperature?: number | undefined;
  /** `[h * w]` full-range luma; owned by the engine from now on. */
  readonly picture: Uint8Array;
  /** `[256]` */
  readonly condition: Float32Array;
}

/** One camera's entry in the queue. */
export interface Ticket {
  /** The network's answer; undefined when the ticket was cancelled or the call failed. */
  readonly answer: Promise<Float32Array | undefined>;
  /**
   * Replaces the picture that waits by a newer one.
   * @returns false when the network has begun to look at the older one, which it will answer
   */
  renew(picture: Uint8Array, condition: Float32Array): boolean;
  /** Leaves the queue; an answer that is on its way is dropped. */
  cancel(): void;
}

export interface LiveEngineOptions {
  /** Pictures of one call at most. */
  readonly batchSize: number;
  /** The longest that a picture waits for others to join its call, ms. */
  readonly maxWaitMs: number;
  readonly metrics?: Pick<Metrics, 'batchSize' | 'engineSeconds' | 'engineQueue' | 'paletteQueue'>;
  readonly onError: (error: unknown) => void;
}

/** After a call that failed nothing is tried for this long, ms. */
const pauseAfterErrorMs = 1000;

interface Waiting {
  request: ColorRequest;
  readonly sinceMs: number;
  readonly resolve: (answer: Float32Array | undefined) => void;
}

/** Work that goes between calls. */
interface SideWork {
  readonly sinceMs: number;
  /** never fails */
  readonly begin: () => Promise<void>;
}

/**
 * One queue for all cameras, with the two knobs of DeepStream's stream muxer: a call of the network leaves when it is
 * full, or when its oldest picture has waited long enough; while a call runs, the next one fills.
 *
 * It is fair because a camera has one ticket at a time and tickets are served in the order they came; it is up to date
 * because a waiting ticket takes a newer picture. The queue's bound is the number of cameras. What palettes want of the
 * device waits in a queue of its own, with the same bound, and goes between two calls, so that pictures which have no
 * colour yet do not wait for the palettes of all cameras.
 */
export class LiveEngine implements Disposable {
  private readonly options: LiveEngineOptions;
  private readonly queue: Waiting[] = [];
  private readonly side: SideWork[] = [];
  private isRunning = false;
  /** What ran last was side work: the next turn is the pictures'. */
  private wasSide = true;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: LiveEngineOptions) {
    this.options = options;
  }

  /** Joins the queue. One ticket for each camera at a time is the caller's promise. */
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
      renew: (picture, condition) => {
        if (!this.queue.includes(waiting)) return false;
        waiting.request = { ...waiting.request, picture, condition };
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
   * Runs something else that wants the device: between two calls of the network, one at a time.
   * @param signal - of a caller that wants it no more: it is not begun then
   * @returns what the work gives; never settled once the engine is closed
   * @throws what the work throws; the signal's reason
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

  /** Pictures that wait. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Answers nobody any more. */
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
    const [oldest] = batch;
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

  /** Side work whose turn it is: after the pictures that came before it, by turns with those that came later. */
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

  /** The oldest picture and those that can go through the network with it. */
  private nextBatch(): Waiting[] {
    const [oldest] = this.queue;
    if (!oldest) return [];
    return this.queue
      .filter(({ request }) => canShare(request, oldest.request))
      .slice(0, this.options.batchSize);
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (!first) return;
    const { network, size, temperature } = first.request;
    const startMs = performance.now();
    try {
      const answers = await network.colorize({
        pictures: batch.map(({ request }) => request.picture),
        conditions: batch.map(({ request }) => request.condition),
        size,
        ...(temperature === undefined ? {} : { temperature }),
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

/** An item that is not there (a closed engine has forgotten all) is no fault. */
function remove<T>(item: T, from: T[]): void {
  const at = from.indexOf(item);
  if (at >= 0) from.splice(at, 1);
}

function canShare(a: ColorRequest, b: ColorRequest): boolean {
  return (
    a.network === b.network &&
    a.temperature === b.temperature &&
    a.size.widthPx === b.size.widthPx &&
    a.size.heightPx === b.size.heightPx
  );
}
