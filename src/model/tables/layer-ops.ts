/**
 * What follows the sum of a convolution, or stands alone as an `ActivationOp`. `leakyRelu` multiplies numbers below 0
 * by `leak`.
 */
export type Activation = 'relu' | 'relu6' | 'leakyRelu' | 'sigmoid' | 'tanh' | 'none';

/** The slope of `leakyRelu` below 0: that of DeOldify's critic. */
export const leak = 0.2;

/**
 * What training does to a convolution. A delivered network has neither: both are folded into its weights.
 *  `batch`: batch norm between the products and the bias, if the network starts from random weights.
 *  `spectral`: the weights are divided by their largest singular value, as a matrix [out, in * rows * columns].
 */
export type Norm = 'batch' | 'spectral' | 'none';

/**
 * A convolution with bias. `same` pads by dilation * (kernel - 1) / 2 on every side, rounded down, also at stride 2
 * (TensorFlow's own 'same' would pad an even side only at the end).
 */
export interface ConvOp {
  readonly kind: 'conv';
  readonly inChannels: number;
  readonly outChannels: number;
  /** rows, columns */
  readonly kernel: readonly [number, number];
  readonly stride: 1 | 2;
  /** Neighbouring numbers of the kernel are applied this many pixels apart; absent: 1. Only at stride 1. */
  readonly dilation?: number | undefined;
  readonly padding: 'same' | 'valid';
  readonly activation: Activation;
  /** Its weights are `<layer>.weight` [out, in, rows, columns] and, with a bias, `<layer>.bias` [out]; see `layerOf`. */
  readonly hasBias: boolean;
  /** absent: `batch` with a bias and ReLU, otherwise `none` */
  readonly norm?: Norm | undefined;
  /** the name of an earlier convolution whose weights this one uses, too; absent: it has its own */
  readonly sharesWith?: string | undefined;
}

/** The norm of a convolution. */
export function normOf({ norm, hasBias, activation }: ConvOp): Norm {
  return norm ?? (hasBias && activation === 'relu' ? 'batch' : 'none');
}

/** The layer after which the weights of a convolution are named. */
export function layerOf(name: string, { sharesWith }: ConvOp): string {
  return sharesWith ?? name;
}

/** Pixels that a convolution adds on each side: rows, columns. */
export function paddingOf({
  kernel,
  padding,
  dilation = 1,
}: Pick<ConvOp, 'kernel' | 'padding' | 'dilation'>): [rows: number, columns: number] {
  if (padding === 'valid') return [0, 0];
  const [rows, columns] = kernel;
  return [Math.floor((dilation * (rows - 1)) / 2), Math.floor((dilation * (columns - 1)) / 2)];
}

/** The kernel of a `TransposedConvOp`, rows and columns. */
export const transposedKernel = 4;

/**
 * A transposed convolution with bias and ReLU, which doubles both sides: kernel 4, stride 2, one pixel cut off on every
 * side. Its weights are `<name>.weight` [out, in, 4, 4], as those of other convolutions, and `<name>.bias` [out].
 */
export interface TransposedConvOp {
  readonly kind: 'transposedConv';
  readonly inChannels: number;
  readonly outChannels: number;
}

/**
 * Self-attention: `x + gamma sum_j softmax_j(q_i . k_j) v_j` at each position i, over all positions j (inputs: x, and
 * query, key and value, which 1x1 convolutions make from x). Its weight `<name>.gamma` [1] starts at 0.
 * @see Zhang et al., "Self-Attention Generative Adversarial Networks", ICML 2019 (arXiv 1805.08318)
 */
export interface AttentionOp {
  readonly kind: 'attention';
}

/**
 * 3x3. `max`: stride 2, no padding, or with `same` one pixel of padding on every side, which is never the largest.
 * `average`: stride 1, same size, padding not counted.
 */
export interface PoolOp {
  readonly kind: 'pool';
  readonly by: 'max' | 'average';
  readonly padding?: 'same' | undefined;
}

/** Small operations that other networks than the default's need. */
export type LayerOp =
  | { readonly kind: 'activation'; readonly by: Activation }
  /** the mean of each channel, one row and one column */
  | { readonly kind: 'globalMean' }
  /** bilinear, half-pixel centres, to a fixed size */
  | { readonly kind: 'resizeTo'; readonly rows: number; readonly columns: number }
  /** In training, leaves out this share of the channels at random, and multiplies the others so that the mean stays. */
  | { readonly kind: 'dropout'; readonly rate: number }
  | TransposedConvOp
  | AttentionOp;
