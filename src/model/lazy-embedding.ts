import { EmbeddingSession, type EmbeddingPlace, type EmbeddingWish } from './embedding-session.ts';
import type { EmbeddingFile } from './embedding.ts';

/** An embedding network that its first picture opens: it is large, and runs once a scene. */
export class LazyEmbedding implements AsyncDisposable {
  readonly #open: () => Promise<EmbeddingSession>;
  #session: Promise<EmbeddingSession> | undefined;

  constructor(file: EmbeddingFile, wish: EmbeddingWish, place: EmbeddingPlace) {
    this.#open = () => EmbeddingSession.open(file, wish, place);
  }

  /**
   * Opens it now; otherwise the first picture does.
   * @throws {AppError} as `EmbeddingSession.open`
   */
  open(): Promise<EmbeddingSession> {
    return (this.#session ??= this.#open());
  }

  /**
   * @param pictures - `[input * input]` gray bytes each
   * @returns an embedding each; new arrays the caller owns
   * @throws {AppError} as `EmbeddingSession.open`
   */
  async embed(pictures: readonly Uint8Array[]): Promise<Float32Array[]> {
    return (await this.open()).embed(pictures);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = await this.#session?.catch(() => undefined); // whoever opened it has seen why it did not
    await session?.[Symbol.asyncDispose]();
  }
}
