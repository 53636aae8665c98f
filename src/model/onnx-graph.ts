import { lightnessTable } from './lab.ts';
import { conditionSize, networkSteps } from './layers.ts';
import type { AnnealedMeanStep, ConvStep, FuseStep, Head, Step } from './layers.ts';
import { OnnxBuilder } from './onnx-builder.ts';

/**
 * Builds the network as an ONNX model.
 *
 * Inputs: `luma` uint8 [n, 1, h, w], full-range bytes, any n, h and w multiples of 8; `condition` float
 * [n, 256] (see `sceneCondition`); with the classification head also `temperature`, a float scalar.
 * Output: `ab` float [n, 2, h/stride, w/stride], CIE a*, b* (D65).
 * @param head - which colour head the weights have
 * @param weights - by name, as `weightShapes` lists them; read, not kept
 * @returns the encoded model; a new array the caller owns
 */
export function buildNetwork(head: Head, weights: (name: string) => Float32Array): Uint8Array {
  const graph = new OnnxBuilder('chromafeed');
  const luma = graph.input('luma', 'uint8', ['n', 1, 'h', 'w']);
  const condition = graph.input('condition', 'float32', ['n', conditionSize]);
  let value = addLightness(graph, luma);
  for (const step of networkSteps(head)) value = addStep({ graph, weights, condition }, step, value);
  graph.output(value, 'ab', ['n', 2, `h/${head.stride}`, `w/${head.stride}`]);
  return graph.encode();
}

interface Context {
  readonly graph: OnnxBuilder;
  readonly weights: (name: string) => Float32Array;
  readonly condition: string;
}

/** L* / 50 - 1 of each byte, looked up in a table of 256. */
function addLightness(graph: OnnxBuilder, luma: string): string {
  const table = graph.constant(
    'lightness',
    [256],
    lightnessTable().map((lightness) => lightness / 50 - 1),
  );
  return graph.add('Gather', [table, graph.cast(luma, 'int32')], { axis: 0 });
}

function addStep(context: Context, step: Step, value: string): string {
  const { graph } = context;
  switch (step.kind) {
    case 'conv':
      return addConv(context, step, value);
    case 'fuse':
      return addFusion(context, step, value);
    case 'annealedMean':
      return addAnnealedMean(context, step, value);
    case 'scale':
      return graph.add('Mul', [value, graph.constant('scale', [], Float32Array.of(step.factor))]);
    case 'upsample':
      return addUpsampling(graph, value);
  }
}

function addConv({ graph, weights }: Context, step: ConvStep, value: string): string {
  const { name, inChannels, outChannels, kernel, stride, activation } = step;
  const pad = (kernel - 1) / 2;
  const weight = graph.constant(
    `${name}.weight`,
    [outChannels, inChannels, kernel, kernel],
    weights(`${name}.weight`),
  );
  const bias = graph.constant(`${name}.bias`, [outChannels], weights(`${name}.bias`));
  const sum = graph.add('Conv', [value, weight, bias], {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
  });
  if (activation === 'none') return sum;
  return graph.add(activation === 'relu' ? 'Relu' : 'Tanh', [sum]);
}

function addFusion({ graph, weights, condition }: Context, step: FuseStep, value: string): string {
  const { name, channels } = step;
  const weight = graph.constant(
    `${name}.features.weight`,
    [channels, channels, 1, 1],
    weights(`${name}.features.weight`),
  );
  const bias = graph.constant(`${name}.bias`, [channels], weights(`${name}.bias`));
  const features = graph.add('Conv', [value, weight, bias], { kernel_shape: [1, 1] });
  const places = graph.constant(`${name}.axes`, [2], BigInt64Array.of(2n, 3n));
  return graph.add('Relu', [graph.add('Add', [features, graph.add('Unsqueeze', [condition, places])])]);
}

function addUpsampling(graph: OnnxBuilder, value: string): string {
  // A constant's name must be unique; the value that is enlarged lends its own.
  const scales = graph.constant(`${value}.scales`, [4], Float32Array.of(1, 1, 2, 2));
  return graph.add('Resize', [value, '', scales], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}

/**
 * Zhang et al. 2016, equation 5. Classes go to the last axis first: onnxruntime's softmax over another one
 * took 3.9 ms of a 256 x 144 picture's 95, this way all together 0.4.
 */
function addAnnealedMean({ graph, weights }: Context, step: AnnealedMeanStep, value: string): string {
  const { name, classes } = step;
  const temperature = graph.input('temperature', 'float32', []);
  const bins = graph.constant(`${name}.bins`, [classes, 2], weights(`${name}.bins`));
  const scores = graph.add('Transpose', [graph.add('Div', [value, temperature])], { perm: [0, 2, 3, 1] });
  const mean = graph.add('MatMul', [graph.add('Softmax', [scores], { axis: -1 }), bins]);
  return graph.add('Transpose', [mean], { perm: [0, 3, 1, 2] });
}
