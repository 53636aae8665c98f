/**
 * The network, written once as data: after "Deep Koalarization" (Baldassarre et al. 2017) with the
 * classification head of "Colorful Image Colorization" (Zhang et al. 2016) beside the seed's regression.
 * Builders (ONNX, TensorFlow.js) walk these tables; the weights' names and shapes follow from them.
 */

/**
 * A square convolution with bias. A 3x3 kernel is padded by 1 on every side, at stride 2 too
 * (TensorFlow's 'same' would pad an even side at the end only).
 */
export interface ConvStep {
  readonly kind: 'conv';
  /** its weights are `<name>.weight` [out, in, kernel, kernel] and `<name>.bias` [out] */
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
  readonly activation: 'relu' | 'tanh' | 'none';
}

/**
 * `relu(conv1x1(x, <name>.features.weight) + condition + <name>.bias)`: the fusion of features and
 * embedding, whose concatenated 1x1 convolution is split in its two halves. The condition,
 * `<name>.embedding.weight . embedding`, is one vector per picture and the same at every place.
 */
export interface FuseStep {
  readonly kind: 'fuse';
  readonly name: string;
  readonly channels: number;
}

/** Nearest-neighbour enlargement of both sides by 2. */
export interface UpsampleStep {
  readonly kind: 'upsample';
}

/** `ab = sum_k softmax(x / T)_k bins_k` with `<name>.bins` [classes, 2]: the annealed mean. */
export interface AnnealedMeanStep {
  readonly kind: 'annealedMean';
  readonly name: string;
  readonly classes: number;
}

/** Multiplies by a constant. */
export interface ScaleStep {
  readonly kind: 'scale';
  readonly factor: number;
}

export type Step = ConvStep | FuseStep | UpsampleStep | AnnealedMeanStep | ScaleStep;

/** Which colour head a model has. `stride`: how many luma pixels one output pixel spans, each way. */
export type Head =
  | { readonly kind: 'classification'; readonly stride: 4; readonly classes: number }
  | { readonly kind: 'regression'; readonly stride: 2 };

/** Channels of the fused features, so also the length of a condition. */
export const conditionSize = 256;

/** The encoder shrinks both sides by this, so they must be multiples of it. */
export const encoderStride = 8;

/** The seed's regression gives a*, b* as fractions of this. */
const abScale = 128;

/** L [1, h, w] to features [256, h/8, w/8]. */
export const encoder: readonly Step[] = [
  conv('encoder.0', 1, 64, { stride: 2 }),
  conv('encoder.1', 64, 128),
  conv('encoder.2', 128, 128, { stride: 2 }),
  conv('encoder.3', 128, 256),
  conv('encoder.4', 256, 256, { stride: 2 }),
  conv('encoder.5', 256, 512),
  conv('encoder.6', 512, 512),
  conv('encoder.7', 512, conditionSize),
];

/** Features and condition to fused features [256, h/8, w/8]. */
export const fusion: FuseStep = { kind: 'fuse', name: 'fusion', channels: conditionSize };

/** Fused features [256, h/8, w/8] to [64, h/4, w/4]. */
export const decoder: readonly Step[] = [
  conv('decoder.0', conditionSize, 128),
  { kind: 'upsample' },
  conv('decoder.1', 128, 64),
  conv('decoder.2', 64, 64),
];

/**
 * The steps of a network, first to last.
 * @param head - which colour head it has
 * @returns from network lightness [1, h, w] to a*, b* [2, h/stride, w/stride]
 */
export function networkSteps(head: Head): readonly Step[] {
  return [...encoder, fusion, ...decoder, ...headSteps(head)];
}

/**
 * Names and shapes of a network's weights.
 * @param head - which colour head it has
 * @param embeddingSize - length of the embedding it was trained with
 * @returns shape by tensor name
 */
export function weightShapes(head: Head, embeddingSize: number): Map<string, readonly number[]> {
  return new Map(networkSteps(head).flatMap((step) => stepShapes(step, embeddingSize)));
}

/**
 * The classification head sits at h/4 in place of the decoder's last layers; the regression head is the
 * seed's. The seed enlarges its h/2 result once more: here that is left to whoever composes the picture,
 * who has the luma's edges to do it along.
 */
function headSteps(head: Head): readonly Step[] {
  if (head.kind === 'classification')
    return [
      conv('head', 64, head.classes, { kernel: 1, activation: 'none' }),
      { kind: 'annealedMean', name: 'head', classes: head.classes },
    ];
  return [
    { kind: 'upsample' },
    conv('head.0', 64, 32),
    conv('head.1', 32, 2, { activation: 'tanh' }),
    { kind: 'scale', factor: abScale },
  ];
}

function stepShapes(step: Step, embeddingSize: number): [string, readonly number[]][] {
  switch (step.kind) {
    case 'conv':
      return [
        [`${step.name}.weight`, [step.outChannels, step.inChannels, step.kernel, step.kernel]],
        [`${step.name}.bias`, [step.outChannels]],
      ];
    case 'fuse':
      return [
        [`${step.name}.features.weight`, [step.channels, step.channels, 1, 1]],
        [`${step.name}.embedding.weight`, [step.channels, embeddingSize]],
        [`${step.name}.bias`, [step.channels]],
      ];
    case 'annealedMean':
      return [[`${step.name}.bins`, [step.classes, 2]]];
    case 'upsample':
    case 'scale':
      return [];
  }
}

function conv(
  name: string,
  inChannels: number,
  outChannels: number,
  options: Partial<Pick<ConvStep, 'kernel' | 'stride' | 'activation'>> = {},
): ConvStep {
  return {
    kind: 'conv',
    name,
    inChannels,
    outChannels,
    kernel: 3,
    stride: 1,
    activation: 'relu',
    ...options,
  };
}
