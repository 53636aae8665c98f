import { AppError } from '../errors.ts';
import type { SizePx } from '../frame.ts';
import type { ColorizeBatch, Colorizer } from './colorizer.ts';
import { resample } from './imported/resample.ts';
import { conditionSize } from './tables/nodes.ts';

/**
 * Two networks whose a*, b* are averaged. It owns both. A condition of it is the condition of the first one, followed by
 * that of the second one.
 */
export class BlendedColorizer implements Colorizer {
  readonly #first: Colorizer;
  readonly #second: Colorizer;
  readonly #share: number;

  /**
   * @param share - of the second network, 0..1
   * @throws {AppError} MODEL_MISMATCH when the networks need different embeddings or know different cameras
   */
  constructor(first: Colorizer, second: Colorizer, share: number) {
    this.#first = first;
    this.#second = second;
    this.#share = share;
    checkPair(first, second);
  }

  get model(): Colorizer['model'] {
    return this.#first.model;
  }

  get blend(): Colorizer['blend'] {
    return { model: this.#second.model, share: this.#share };
  }

  get credit(): Colorizer['credit'] {
    return { ...this.#first.credit, blend: { credit: this.#second.credit, share: this.#share } };
  }

  get stride(): number {
    return Math.min(this.#first.stride, this.#second.stride);
  }

  get sceneModel(): SizePx | undefined {
    return this.#first.sceneModel ?? this.#second.sceneModel;
  }

  get takesFullLuma(): boolean {
    return this.#first.takesFullLuma || this.#second.takesFullLuma;
  }

  get engine(): Colorizer['engine'] {
    return this.#first.engine;
  }

  get device(): Colorizer['device'] {
    return this.#first.device;
  }

  get precision(): Colorizer['precision'] {
    return this.#first.precision;
  }

  get embedding(): Colorizer['embedding'] {
    return this.#first.embedding ?? this.#second.embedding;
  }

  get notices(): readonly string[] {
    return [...new Set([...this.#first.notices, ...this.#second.notices])];
  }

  get embeddingSide(): number {
    return this.#withEmbedding.embeddingSide;
  }

  get provisionalCondition(): Float32Array | undefined {
    const first = this.#first.provisionalCondition;
    const second = this.#second.provisionalCondition;
    return first && second && joined(first, second);
  }

  async opened(): Promise<void> {
    await Promise.all([this.#first.opened(), this.#second.opened()]);
  }

  async colorize(batch: ColorizeBatch, signal?: AbortSignal): Promise<Float32Array[]> {
    const part = (from: number): ColorizeBatch => ({
      ...batch,
      conditions: batch.conditions.map((condition) => condition.slice(from, from + conditionSize)),
    });
    const [first, second] = await Promise.all([
      this.#first.colorize(part(0), signal),
      this.#second.colorize(part(conditionSize), signal),
    ]);
    const to = answerSize(batch.size, this.stride);
    return first.map((answer, i) => {
      const a = enlarged(answer, answerSize(batch.size, this.#first.stride), to);
      const b = enlarged(second[i] ?? new Float32Array(), answerSize(batch.size, this.#second.stride), to);
      return a.map((value, at) => value + this.#share * (b[at]! - value));
    });
  }

  embed(pictures: readonly Uint8Array[]): Promise<Float32Array[]> {
    return this.#withEmbedding.embed(pictures);
  }

  condition(embedding: Float32Array): Float32Array {
    return joined(this.#first.condition(embedding), this.#second.condition(embedding));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#first[Symbol.asyncDispose](), this.#second[Symbol.asyncDispose]()]);
  }

  get #withEmbedding(): Colorizer {
    return this.#first.embeddingSide > 0 ? this.#first : this.#second;
  }
}

function checkPair(first: Colorizer, second: Colorizer): void {
  const names = `${first.credit.name} and ${second.credit.name}`;
  const sides = [first.embeddingSide, second.embeddingSide].filter((side) => side > 0);
  if (new Set(sides).size > 1)
    throw new AppError(
      'MODEL_MISMATCH',
      `--blend: expected one scene embedding but ${names} need different ones`,
      {
        cure: 'blend models that were trained with the same embedding network, or an imported one',
      },
    );
  const [one, other] = [first.sceneModel, second.sceneModel];
  if (one === undefined || other === undefined) return;
  if (one.widthPx !== other.widthPx || one.heightPx !== other.heightPx)
    throw new AppError(
      'MODEL_MISMATCH',
      `--blend: expected models of one camera but ${names} know different pictures`,
      {
        cure: "blend a camera's model with a general one",
      },
    );
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(2 * conditionSize);
  both.set(first);
  both.set(second, conditionSize);
  return both;
}

function answerSize({ widthPx, heightPx }: SizePx, stride: number): SizePx {
  return { widthPx: widthPx / stride, heightPx: heightPx / stride };
}

/** a*, b* in a larger size. */
function enlarged(ab: Float32Array, from: SizePx, to: SizePx): Float32Array {
  if (from.widthPx === to.widthPx && from.heightPx === to.heightPx) return ab;
  const out = new Float32Array(2 * to.widthPx * to.heightPx);
  out.set(resample(ab.subarray(0, ab.length / 2), from, to));
  out.set(resample(ab.subarray(ab.length / 2), from, to), out.length / 2);
  return out;
}
