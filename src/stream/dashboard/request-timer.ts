import type { StreamRequest } from '../publish/protocol.ts';

/** Sizes and positions settle before the next request to the server. */
const settleMs = 120;

/** Requests pictures a moment after the last change of the page. */
export class RequestTimer {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #requests: () => StreamRequest[];
  readonly #watch: (streams: StreamRequest[]) => void;

  constructor(requests: () => StreamRequest[], watch: (streams: StreamRequest[]) => void) {
    this.#requests = requests;
    this.#watch = watch;
  }

  schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#watch(this.#requests()), settleMs);
  }
}
