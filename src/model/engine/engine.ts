import type { ActivationRanges } from '../onnx/quantize.ts';
import type { SizePx } from '../../frame.ts';
import type { DeviceName } from './devices.ts';
import type { EmbeddingSpec } from '../embedding/embedding-spec.ts';
import type { EmbeddingFile } from '../embedding/embedding-file.ts';
import type { LazyEmbedding } from '../embedding/lazy-embedding.ts';
import type { NetworkSpec } from '../tables/network.ts';
import type { StylePicture } from '../style-picture.ts';
import type { ChecksummedFile } from '../weights/weights.ts';

/** The libraries that can run the network: onnxruntime, the faster one, or TensorFlow.js. */
export const engineNames = ['onnx', 'tensorflow'] as const;

export type EngineName = (typeof engineNames)[number];

/** Everything that an engine needs; plain data, so that it can be sent to a worker. */
export interface EngineSetup {
  readonly network: NetworkSpec;
  /** files of the model: see `Model` */
  readonly weights: readonly ChecksummedFile[];
  /** the bundled embedding network, if the model uses its layers as its trunk */
  readonly trunk: ChecksummedFile;
  readonly embedding: EmbeddingFile;
  readonly embeddingSpec: EmbeddingSpec;
  readonly device: DeviceName;
  /** the ranges of values with which the network computes in 8 bits; absent: it computes in float32 */
  readonly ranges?: ActivationRanges | undefined;
  /** the photo whose scene the network sees in place of each picture's own; absent: each picture's own */
  readonly style?: StylePicture | undefined;
  readonly threads: number;
  /** added to the priority number of its threads (Linux); higher numbers let other threads go first; absent: 0 */
  readonly niceness?: number;
}

/** A batch whose pictures are in one array. */
export interface PackedBatch {
  readonly count: number;
  readonly size: SizePx;
  /** `[count, h, w]` full-range bytes */
  readonly luma: Uint8Array<ArrayBuffer>;
  /** `[count, 256]` */
  readonly conditions: Float32Array<ArrayBuffer>;
  readonly temperature: number;
  /** added to a class's score for each 100 units of its chroma; 0: the model as it is */
  readonly raise: number;
}

/** A network and its embedding, ready to run. Runs block the thread that calls: see `engine-worker.ts`. */
export interface Engine extends AsyncDisposable {
  readonly embedding: LazyEmbedding;

  /** @returns `[count, 2, h/stride, w/stride]` a*, b*; a new array the caller owns */
  colorize(batch: PackedBatch): Promise<Float32Array>;
}
