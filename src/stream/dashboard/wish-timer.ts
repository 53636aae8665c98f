import type { StreamWish } from '../publish/viewers/protocol.ts';

/** Sizes and places settle before the server is asked anew. */
const settleMs = 120;

/** Asks for pictures a moment after the last change of the page. */
export class WishTimer {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #wishes: () => StreamWish[];
  readonly #watch: (streams: StreamWish[]) => void;

  constructor(wishes: () => StreamWish[], watch: (streams: StreamWish[]) => void) {
    this.#wishes = wishes;
    this.#watch = watch;
  }

  schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#watch(this.#wishes()), settleMs);
  }
}
