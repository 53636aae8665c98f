import type { SizePx } from '../../frame.ts';
import type { ColorizeBatch, Colorizer } from '../../model/colorizer.ts';
import type { StylePicture } from '../../model/style-picture.ts';

/** A network that gives every picture the condition of one photo. It owns the network, which needs no embeddings. */
export class StyledColorizer implements Colorizer {
  readonly embeddingSide = 0;
  readonly style: StylePicture;
  readonly #network: Colorizer;
  readonly #condition: Float32Array;

  /** @param condition - of the photo, from the network's `condition` */
  constructor(network: Colorizer, style: StylePicture, condition: Float32Array) {
    this.#network = network;
    this.#condition = condition;
    this.style = style;
  }

  get model(): Colorizer['model'] {
    return this.#network.model;
  }

  get blend(): Colorizer['blend'] {
    return this.#network.blend;
  }

  get credit(): Colorizer['credit'] {
    return { ...this.#network.credit, style: this.style.name };
  }

  get stride(): number {
    return this.#network.stride;
  }

  get sceneModel(): SizePx | undefined {
    return this.#network.sceneModel;
  }

  get takesFullLuma(): boolean {
    return this.#network.takesFullLuma;
  }

  get engine(): Colorizer['engine'] {
    return this.#network.engine;
  }

  get device(): Colorizer['device'] {
    return this.#network.device;
  }

  get precision(): Colorizer['precision'] {
    return this.#network.precision;
  }

  get embedding(): Colorizer['embedding'] {
    return this.#network.embedding;
  }

  get notices(): readonly string[] {
    return this.#network.notices;
  }

  get provisionalCondition(): Float32Array {
    return this.condition();
  }

  opened(): Promise<void> {
    return this.#network.opened();
  }

  colorize(batch: ColorizeBatch, signal?: AbortSignal): Promise<Float32Array[]> {
    return this.#network.colorize(batch, signal);
  }

  embed(pictures: readonly Uint8Array[]): Promise<Float32Array[]> {
    return Promise.resolve(pictures.map(() => new Float32Array()));
  }

  condition(): Float32Array {
    return this.#condition.slice();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }
}
