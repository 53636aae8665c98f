import type { SizePx } from '../frame.ts';
import type { DeviceName } from './engine/devices.ts';
import type { EmbeddingFile } from './embedding/embedding-file.ts';
import type { EngineName } from './engine/engine.ts';
import type { Precision } from './engine/precision.ts';
import type { ImportedModel } from './imported/imported-model.ts';
import type { Model } from './model.ts';
import type { StylePicture } from './style-picture.ts';

/** Pictures of one size that go through the network together. */
export interface ColorizeBatch {
  /** each `[h * w]` full-range luma bytes; not modified */
  readonly pictures: readonly Uint8Array[];
  /** of every picture; both sides are multiples of 8 */
  readonly size: SizePx;
  /** one per picture, 256 numbers each, from `condition` */
  readonly conditions: readonly Float32Array[];
  /** of the annealed mean, 0.05..5; absent: the model's own. A regression head ignores it. */
  readonly temperature?: number | undefined;
  /** 0..2, 1: the model as delivered; less is paler, more is livelier. A regression head ignores it. */
  readonly liveliness?: number | undefined;
  /**
   * Makes one of the pictures again from the source's full luma, in the size that an imported network takes. Absent:
   * such a network gets the small picture, enlarged. Other networks never call it.
   * @param picture - its index in `pictures`
   * @returns `[h * w]` full-range luma bytes; the colorizer owns them
   */
  readonly lumaAt?: ((picture: number, size: SizePx) => Promise<Uint8Array>) | undefined;
}

/** What an output says about the network that made its colour. */
export interface ModelCredit {
  readonly name: string;
  readonly version: number;
  /** of an imported network, as the user named it; absent: a network of Chromafeed's own */
  readonly licence?: string | undefined;
  /** the network that its colour is averaged with, and how much is that one's; absent: none */
  readonly blend?: { readonly credit: ModelCredit; readonly share: number } | undefined;
  /** the file name of the photo whose style the colour has; absent: each picture's own */
  readonly style?: string | undefined;
}

/**
 * A network that is ready to colour pictures, for both films and cameras. It runs in its own thread and never blocks
 * the caller's.
 */
export interface Colorizer extends AsyncDisposable {
  /**
   * Resolves once the network is open. `colorize` and `embed` wait for it anyway.
   * @throws {AppError} as `openColorizer`
   */
  opened(): Promise<void>;
  readonly model: Model | ImportedModel;
  /** a second network whose colour is averaged with the first one's, and its share; absent: there is none */
  readonly blend?: { readonly model: Model | ImportedModel; readonly share: number } | undefined;
  /** the photo whose scene it sees in place of each picture's own; absent: each picture's own */
  readonly style?: StylePicture | undefined;
  /** what outputs say about it */
  readonly credit: ModelCredit;
  /** how many times smaller an answer is than its picture, in each direction */
  readonly stride: number;
  /** size of the pictures of the one fixed camera whose scene the model knows; undefined: any picture */
  readonly sceneModel: SizePx | undefined;
  /** whether it takes pictures of its own size, which `ColorizeBatch.lumaAt` makes */
  readonly takesFullLuma: boolean;
  /** which library runs it, and where */
  readonly engine: EngineName;
  readonly device: DeviceName;
  /** with which numbers it computes */
  readonly precision: Precision;
  /** the network that embeddings come from; undefined: the model needs none */
  readonly embedding: EmbeddingFile | undefined;
  /** sentences for the user about that choice, such as why a device is not used */
  readonly notices: readonly string[];
  /** side of the square pictures that `embed` takes, pixels; 0: the model needs no embedding */
  readonly embeddingSide: number;

  /**
   * Predicts colour. Batches run in the order of the calls.
   * @returns one array per picture: `[2, h / stride, w / stride]` a*, b*; the caller owns them
   * @throws {AppError} USAGE when the batch is not as described; DEVICE_UNAVAILABLE when the device fails;
   *   the signal's reason as soon as it is aborted
   */
  colorize(batch: ColorizeBatch, signal?: AbortSignal): Promise<Float32Array[]>;

  /**
   * Makes the embedding of each picture.
   * @param pictures - each is a gray picture, squashed (bicubic) to a square of `embeddingSide` (299) pixels:
   *   `[side * side]` bytes 0..255; not modified
   * @returns one vector per picture, of the model's `embedding.size` numbers; the caller owns them
   * @throws {AppError} as `colorize`; MODEL_INVALID, MODEL_MISMATCH when the network cannot be used
   */
  embed(pictures: readonly Uint8Array[]): Promise<Float32Array[]>;

  /** A condition that serves until a scene's own is known; undefined: the model was not trained without an embedding. */
  readonly provisionalCondition: Float32Array | undefined;

  /**
   * The embedding's half of the fusion, computed once per scene.
   * @param embedding - from `embed`; a mean of several is one too
   * @returns 256 numbers; the caller owns them
   */
  condition(embedding: Float32Array): Float32Array;
}
