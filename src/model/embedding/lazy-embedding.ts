import { EmbeddingSession, type EmbeddingSessionOptions } from './embedding-session.ts';
import type { EmbeddingSpec } from './embedding-spec.ts';
import type { EmbeddingFile } from './embedding-file.ts';

/** The network is closed after this time without a picture. Opening it again takes some 0.2 s. */
const idleMs = 20_000;

/**
 * An embedding network that is open only while it is needed, because it is large and runs only once per scene. A
 * picture opens it.
 */
export class LazyEmbedding implements AsyncDisposable {
  readonly #open: () => Promise<EmbeddingSession>;
  #session: Promise<EmbeddingSession> | undefined;
  #usedMs = 0;

  constructor(file: EmbeddingFile, spec: EmbeddingSpec, options: EmbeddingSessionOptions) {
    this.#open = () => EmbeddingSession.open(file, spec, options);
  }

  /**
   * Opens the network now instead of with the first picture.
   * @throws {AppError} as `EmbeddingSession.open`
   */
  open(): Promise<EmbeddingSession> {
    return (this.#session ??= this.#open());
  }

  /**
   * @param pictures - `[input * input]` gray bytes each
   * @returns one embedding per picture; new arrays the caller owns
   * @throws {AppError} as `EmbeddingSession.open`
   */
  async embed(pictures: readonly Uint8Array[]): Promise<Float32Array[]> {
    const embeddings = await (await this.open()).embed(pictures);
    this.#usedMs = performance.now();
    return embeddings;
  }

  /** Closes the network if it was not used for 20 s; call it while nothing is being embedded. */
  async closeIfIdle(nowMs = performance.now()): Promise<void> {
    if (this.#usedMs !== 0 && nowMs - this.#usedMs > idleMs) await this[Symbol.asyncDispose]();
  }

  /** Frees the network; a picture opens it again. */
  async [Symbol.asyncDispose](): Promise<void> {
    const opened = this.#session;
    this.#session = undefined;
    this.#usedMs = 0;
    const session = await opened?.catch(() => undefined); // the caller that opened it got the error
    await session?.[Symbol.asyncDispose]();
  }
}
