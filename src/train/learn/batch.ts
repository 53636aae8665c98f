/** What one step learns from: pictures of one size, whose frozen part has been computed. */
export interface Batch {
  readonly count: number;
  /** the values at the cut (see `cutsOf`), `[count, rows, columns, channels]` each */
  readonly features: ReadonlyMap<string, FeatureArray>;
  /** `[count, embedding]` */
  readonly embeddings: Float32Array;
  /** `[count, 2, rows, columns]` a*, b* at the network's resolution: the target */
  readonly ab: Int8Array;
  /** rows and columns of `ab` */
  readonly grid: readonly [number, number];
  /** `[count]` the scene of each picture as a number from 0; -1: unknown; absent: the run does not learn scenes */
  readonly labels?: Int16Array;
  /** `[count, 2, rows, columns]` a*, b* that a network has made, for a critic that compares them with `ab` */
  readonly generated?: Int8Array;
}

export interface FeatureArray {
  readonly shape: readonly [number, number, number, number];
  readonly data: Float32Array;
}

/** Gives a run its batches. The same seed and epoch always give the same batches. */
export interface BatchSource {
  readonly batchesPerEpoch: number;
  readonly samplesPerEpoch: number;
  /**
   * @param epoch - 0 for the first
   * @param skip - batches that the run took before it was interrupted
   */
  batches(epoch: number, skip: number): AsyncIterable<Batch>;
}
