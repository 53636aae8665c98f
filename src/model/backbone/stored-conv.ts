/** A convolution in a file, with the batch norm that follows it folded in. */
export interface StoredConv {
  /** in the file, for messages, and for matching by name */
  readonly name: string;
  /** [out, in, rows, columns]; a depthwise convolution has `in` 1 */
  readonly shape: readonly number[];
  readonly weight: Float32Array;
  /** [out]; zeros if the file has none */
  readonly bias: Float32Array;
}

/** The numbers of a batch norm, one for each channel. */
export interface StoredNorm {
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly epsilon: number;
}

/** A convolution that gives the same result as a convolution and the batch norm behind it. */
export function withNorm(conv: StoredConv, norm: StoredNorm): StoredConv {
  const [channels = NaN] = conv.shape;
  const each = conv.weight.length / channels;
  const factors = Float32Array.from(
    { length: channels },
    (_, c) => norm.gamma[c]! / Math.sqrt(norm.variance[c]! + norm.epsilon),
  );
  return {
    ...conv,
    weight: conv.weight.map((value, i) => value * factors[Math.floor(i / each)]!),
    bias: conv.bias.map((value, c) => norm.beta[c]! + (value - norm.mean[c]!) * factors[c]!),
  };
}
