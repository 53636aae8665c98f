/** What one step learns from: pictures of one size, whose frozen part was computed. */
export interface TrainingBatch {
  readonly count: number;
  /** the values at the cut (see `cutsOf`), `[count, rows, columns, channels]` each */
  readonly given: ReadonlyMap<string, GivenValue>;
  /** `[count, embedding]` */
  readonly embeddings: Float32Array;
  /** `[count, 2, rows, columns]` a*, b* at the network's resolution: the answer */
  readonly ab: Int8Array;
  /** rows and columns of `ab` */
  readonly grid: readonly [number, number];
}

export interface GivenValue {
  readonly shape: readonly [number, number, number, number];
  readonly data: Float32Array;
}

/** Gives a run its batches; the same ones for the same seed and epoch. */
export interface BatchSource {
  readonly batchesPerEpoch: number;
  readonly samplesPerEpoch: number;
  /**
   * @param epoch - 0 for the first
   * @param skip - so many batches were taken before the run was broken off
   */
  batches(epoch: number, skip: number): AsyncIterable<TrainingBatch>;
}
