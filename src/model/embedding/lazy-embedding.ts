import { EmbeddingSession, type EmbeddingSessionOptions } from './embedding-session.ts';
import type { EmbeddingSpec } from './embedding-spec.ts';
import type { EmbeddingFile } from './embedding-file.ts';

/** An embedding network that opens with its first picture, because it is large and runs only once per scene. */
export class LazyEmbedding implements AsyncDisposable {
  readonly #open: () => Promise<EmbeddingSession>;
  #session: Promise<EmbeddingSession> | undefined;

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
    return (await this.open()).embed(pictures);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = await this.#session?.catch(() => undefined); // the caller that opened it got the error
    await session?.[Symbol.asyncDispose]();
  }
}
